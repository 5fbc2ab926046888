"""One endpoint and everything that stands before it: a call goes in, a reply comes out."""

import asyncio
from collections.abc import Callable

from schemas.calls import Reply, Request
from schemas.endpoints import Endpoint
from schemas.ids import share
from tasks.doors.llm.faults import Fault, find_fatal, find_fault, never_answered, says_full
from tasks.doors.llm.gate import Gate
from tasks.doors.llm.powers import Memory, Powers, declared
from tasks.doors.llm.probe import probe
from tasks.doors.llm.reading import Sent, UnreadableError, count_tokens, read_reply
from tasks.doors.llm.transport import Answered, Transport
from tasks.doors.llm.wire import write_body

FIRST_WAIT_S = 0.1  # how full an endpoint is the gate learns; one fault of one call is a stray
GROWTH = 2.5
MOST_WAIT_S = 20.0
IN_PROCESS_MOST_WAIT_S = 0.02
RETRY_AFTER_MOST_S = 120.0
JITTER = 0.25
TRIES_TO_CONNECT = 3
TRIES_TO_PROBE = 3  # what an endpoint doesn't have, some answer with a server error
REWRITES = 3  # ways to put a request that an endpoint may turn down before it is given up
BYTES_PER_TOKEN = 4
PROBE_KEY = "0" * 64
_ABOUT_FORMAT = ("response_format", "json_schema", "json_object", "structured", "grammar", "tool")


class Channel:
    """Calls one endpoint until it answers, or until its attempts are used up."""

    def __init__(
        self,
        endpoint: Endpoint,
        identity: str,
        transport: Transport,
        gate: Gate,
        memory: Memory,
        check: Callable[[], None],
    ) -> None:
        """Make a channel; `check` raises once the run is over, before anything more is sent."""
        self.endpoint, self.identity, self.gate = endpoint, identity, gate
        self.sent = 0  # attempts, for the counts
        self.refused = 0
        self._transport, self._memory, self._check = transport, memory, check
        self._is_open = endpoint.structured == "auto" and not endpoint.is_rehearsal
        self._powers = memory.recall(endpoint) if self._is_open else declared(endpoint)
        self._probed = False  # in this run
        self._probing = asyncio.Lock()
        self._answers = False
        self._completion = 256.0  # tokens of an answer: a guess, then a running mean
        self._counted = 0

    async def call(self, request: Request, key: str) -> Reply:
        """Return the endpoint's reply, with `error` where it has none.

        Raises: EndpointError if no call to this endpoint can succeed.
        """
        powers = self._powers or await self.learn()
        for _ in range(REWRITES):
            reply, answered = await self._insist(request, key, powers, self._attempts)
            better = await self._reconsider(answered, request, powers)
            if better is None:
                break
            powers = better
        return reply

    async def learn(self, *, anew: bool = False) -> Powers:
        """Return how the endpoint has to be asked, found out now if it isn't known.

        `anew` forgets what was remembered. Raises: EndpointError.
        """
        async with self._probing:
            if self._powers is None or (anew and self._is_open):
                found = await probe(self._try, declared(self.endpoint))
                if found is not None:
                    self._memory.keep(self.endpoint, found)
                self._powers = found or declared(self.endpoint)
                self._probed = True
            return self._powers

    @property
    def in_flight(self) -> int:
        """How many calls are on their way or wait for their turn."""
        return self.gate.slots.used

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _try(self, request: Request, powers: Powers) -> Reply:
        """Return the reply to a request of the probe."""

        def most(fault: Fault) -> int:
            return TRIES_TO_PROBE if fault.error == "server_error" else self._attempts(fault)

        reply, _ = await self._insist(request, PROBE_KEY, powers, most)
        return reply

    async def _insist(
        self, request: Request, key: str, powers: Powers, most: Callable[[Fault], int]
    ) -> tuple[Reply, Answered]:
        """Return the reply, after as many attempts as the last fault allows."""
        attempt = 0
        while True:
            attempt += 1
            answered = await self._send(request, key, powers, attempt)
            outcome, sent = self._read(answered, request, key, attempt)
            if isinstance(outcome, Reply):
                return outcome, answered
            if not outcome.passes or attempt >= most(outcome):
                return self._give_up(outcome, sent), answered
            await asyncio.sleep(self._wait_s(answered, key, attempt))

    async def _reconsider(
        self, answered: Answered, request: Request, powers: Powers
    ) -> Powers | None:
        """Return other powers if the endpoint turned down how the request was put."""
        if answered.status not in (400, 422, 500):
            return None
        if self._powers is not None and self._powers != powers:
            return self._powers  # somebody was faster
        said = answered.content[:4000].decode("utf-8", "replace").lower()
        if "max_completion_tokens" in said and powers.limit_name == "max_tokens":
            self._powers = powers.model_copy(update={"limit_name": "max_completion_tokens"})
            return self._powers
        about_format = request.response_schema is not None and any(w in said for w in _ABOUT_FORMAT)
        if not about_format or not self._is_open or self._probed:
            return None
        found = await self.learn(anew=True)  # the server is not the one that is remembered
        return found if found != powers else None

    async def _send(self, request: Request, key: str, powers: Powers, attempt: int) -> Answered:
        body = write_body(request, self.endpoint, powers, key)
        capped = self.endpoint.tokens_per_minute is not None
        tokens = len(body) / BYTES_PER_TOKEN + self._completion if capped else 0.0
        async with self.gate.passing(request.stage, tokens) as going:
            self._check()
            answered = await self._transport.send(body, attempt)
            if not self.endpoint.is_rehearsal:  # its refusals are planted, it is never full
                going.refused = says_full(answered)
            going.retry_after_s = answered.retry_after_s
            if capped:
                going.tokens = self._count_tokens(answered)
        self.sent += 1
        self.refused += answered.status == 429
        self._answers = self._answers or answered.status > 0
        if fatal := find_fatal(self.endpoint, answered):
            raise fatal
        return answered

    def _count_tokens(self, answered: Answered) -> float | None:
        """Return the tokens that a call spent; of what was not answered, none."""
        if answered.status != 200:
            return 0.0
        spent = count_tokens(answered.content)
        if spent is None:
            return None
        self._counted += 1
        self._completion += (spent[1] - self._completion) / min(self._counted, 16)
        return spent[0] + spent[1]

    def _read(
        self, answered: Answered, request: Request, key: str, attempt: int
    ) -> tuple[Reply | Fault, Sent]:
        sent = Sent(request, key, self.endpoint.name, self.endpoint.model, attempt,
                    answered.seconds)  # fmt: skip
        if answered.status != 200:
            return find_fault(answered, quote=not request.sensitive), sent
        try:
            return read_reply(answered.content, sent), sent
        except UnreadableError as exc:
            return Fault("server_error", str(exc)), sent

    def _attempts(self, fault: Fault) -> int:
        if fault.error == "connection" and not self._answers:
            return min(TRIES_TO_CONNECT, self.endpoint.max_attempts)
        return self.endpoint.max_attempts

    def _give_up(self, fault: Fault, sent: Sent) -> Reply:
        if fault.error == "connection" and not self._answers:
            raise never_answered(self.endpoint, fault)
        return Reply(
            key=sent.key,
            endpoint=sent.endpoint,
            model=sent.model,
            finish_reason="error",
            latency_s=sent.latency_s,
            attempts=sent.attempts,
            error=fault.error,
            detail=fault.detail,
        )

    def _wait_s(self, answered: Answered, key: str, attempt: int) -> float:
        """Return the seconds to the next attempt; the jitter depends on key and attempt alone."""
        jitter: float = share(attempt, key)
        if self.endpoint.is_rehearsal:
            return IN_PROCESS_MOST_WAIT_S * jitter
        if answered.retry_after_s is not None:
            return min(answered.retry_after_s, RETRY_AFTER_MOST_S) * (1 + JITTER * jitter)
        return min(FIRST_WAIT_S * GROWTH ** (attempt - 1), MOST_WAIT_S) * (1 - JITTER * jitter)
