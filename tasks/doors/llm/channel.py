"""One endpoint and everything that stands before it: a call goes in, a reply comes out."""

import asyncio
from collections.abc import Callable

from schemas.calls import Reply, Request
from schemas.ids import share
from schemas.params import Endpoint
from tasks.doors.llm.dialect import Dialect
from tasks.doors.llm.faults import Fault, find_fatal, find_fault, never_answered, says_full
from tasks.doors.llm.gate import Gate
from tasks.doors.llm.reading import Sent, UnreadableError, read_reply
from tasks.doors.llm.transport import Answered, Transport
from tasks.doors.llm.wire import write_body

FIRST_WAIT_S = 0.25
MOST_WAIT_S = 20.0
IN_PROCESS_MOST_WAIT_S = 0.02
RETRY_AFTER_MOST_S = 120.0
JITTER = 0.25
TRIES_TO_CONNECT = 3
REWRITES = 4  # more ways to put a request than an endpoint can turn down


class Channel:
    """Calls one endpoint until it answers, or until its attempts are used up."""

    def __init__(
        self,
        endpoint: Endpoint,
        identity: str,
        transport: Transport,
        gate: Gate,
        check: Callable[[], None],
    ) -> None:
        """Make a channel; `check` raises once the run is over, before anything more is sent."""
        self.endpoint, self.identity, self.gate = endpoint, identity, gate
        self.sent = 0  # attempts, for the counts
        self.refused = 0
        self._transport, self._check = transport, check
        self._dialect = Dialect(endpoint)
        self._answers = False

    async def call(self, request: Request, key: str) -> Reply:
        """Return the endpoint's reply, with `error` where it has none.

        Raises: EndpointError if no call to this endpoint can succeed.
        """
        attempt = 0
        while True:
            attempt += 1
            answered = await self._attempt(request, key, attempt)
            sent = Sent(request, key, self.endpoint.name, self.endpoint.model, attempt,
                        answered.seconds)  # fmt: skip
            outcome = self._read(answered, sent)
            if isinstance(outcome, Reply):
                return outcome
            if not outcome.passes or attempt >= self._attempts(outcome):
                return self._give_up(outcome, sent)
            await asyncio.sleep(self._wait_s(answered, key, attempt))

    @property
    def in_flight(self) -> int:
        """How many calls are on their way or wait for their turn."""
        return self.gate.slots.used

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _attempt(self, request: Request, key: str, attempt: int) -> Answered:
        structured = request.response_schema is not None
        for _ in range(REWRITES):
            written = self._dialect.written
            body = write_body(request, self.endpoint, self._dialect, key)
            answered = await self._send(body, attempt)
            if answered.status == 200:
                if structured:
                    self._dialect.confirm(written)
                break
            if not self._dialect.adapt(answered, written, structured=structured):
                break
        return answered

    async def _send(self, body: bytes, attempt: int) -> Answered:
        async with self.gate.passing() as going:
            self._check()
            answered = await self._transport.send(body, attempt)
            if not self.endpoint.is_rehearsal:  # its refusals are planted, it is never full
                going.refused = says_full(answered)
            going.retry_after_s = answered.retry_after_s
        self.sent += 1
        self.refused += answered.status == 429
        self._answers = self._answers or answered.status > 0
        if fatal := find_fatal(self.endpoint, answered):
            raise fatal
        return answered

    def _read(self, answered: Answered, sent: Sent) -> Reply | Fault:
        if answered.status != 200:
            return find_fault(answered, quote=not sent.request.sensitive)
        try:
            return read_reply(answered.content, sent)
        except UnreadableError as exc:
            return Fault("server_error", str(exc))

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
        return min(FIRST_WAIT_S * 2.0 ** (attempt - 1), MOST_WAIT_S) * (1 - JITTER * jitter)
