"""The engine of all model calls: cache, scheduling, retries, journal, budget."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

from schemas.answers import Answer
from schemas.calls import ErrorClass, Reply, Request, Role
from schemas.endpoints import Endpoint
from schemas.errors import EndpointError, StoppedError
from schemas.params import BuildParams
from schemas.results import CallCounts
from tasks.doors.llm.archive import Archive, ReplyStore
from tasks.doors.llm.asked import note_call
from tasks.doors.llm.budget import Budget
from tasks.doors.llm.channel import Channel
from tasks.doors.llm.clients import AsgiApp
from tasks.doors.llm.endpoints import endpoint_identity, rank_endpoints
from tasks.doors.llm.faults import TRANSIENT
from tasks.doors.llm.gate import Gate
from tasks.doors.llm.pace import Pace
from tasks.doors.llm.parsing import MalformedError, corrective_turn, declines, parse_answer
from tasks.doors.llm.powers import Memory, Powers
from tasks.doors.llm.slots import Slots
from tasks.doors.llm.tally import Progress, Tally
from tasks.doors.llm.transport import Transport
from tasks.rehearsal import create_app

A = TypeVar("A", bound=Answer)

FURTHER_SAMPLE = 1000  # added to the sample index when a structured answer stays malformed
RETRY_SAMPLE = 1_000_000  # times the retry epoch, added when a kept failure is asked for again
# what goes to the role's next endpoint. A responder keeps its model: its refusal is its answer,
# and a conversation that changes hands is nobody's
_WRITERS = ("generator", "planner")
_PASSED_ON: Mapping[Role, frozenset[ErrorClass]] = {
    "generator": frozenset({"generator_refused", "content_filtered"}),
    "planner": frozenset({"generator_refused", "content_filtered"}),
    "judge": frozenset({"content_filtered"}),
    "responder": frozenset(),
    "simulator": frozenset({"generator_refused", "content_filtered"}),
    "guard": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Parsed(Generic[A]):
    """A structured answer, or None; the reply it is in (or the last one), and all calls made.

    `by_endpoint` is what each endpoint that was asked came to, in turn: the last is `reply`.
    """

    value: A | None
    reply: Reply
    keys: tuple[str, ...]
    by_endpoint: tuple[Reply, ...] = ()


class Engine:
    """Answers requests, from the cache or from the endpoints of their role.

    A bad answer is a Reply with `error`; what ends the run is raised: EndpointError,
    StoppedError, WorkspaceError.
    """

    def __init__(
        self,
        params: BuildParams,
        store: ReplyStore,
        journal_dir: Path,
        keys: Mapping[str, str],
        *,
        app: AsgiApp | None = None,
        memory: Path | None = None,
        run: str = "",
    ) -> None:
        """Make an engine; an `app` answers in the place of every endpoint, `run` is on calls.

        What is found out of endpoints is remembered in the file `memory`, if there is one.
        """
        self._params = params
        self._archive = Archive(store, journal_dir, run)
        self._tally = Tally()
        self._budget = Budget(params.limits, params.endpoints)
        self._shared = Slots(params.limits.in_flight)
        self._flights: dict[str, asyncio.Future[Reply]] = {}
        self._fatal: EndpointError | None = None
        self._app = app
        self._memory = Memory(memory)
        self._api_keys = keys
        self._channels: dict[str, Channel] = {}

    async def __aenter__(self) -> Self:
        tools = self._params.tools
        embedded = create_app(self._params.rehearsal, tools.catalogue() if tools else None)
        for endpoint in self._params.endpoints:
            app = self._app or (embedded if endpoint.is_rehearsal else None)
            self._channels[endpoint.name] = self._open_channel(endpoint, app)
        await self._archive.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        try:
            await self._archive.close()
        finally:
            for channel in self._channels.values():
                await channel.close()

    @property
    def healed(self) -> list[str]:
        """What was damaged in the journals of an interrupted run, for a person to read."""
        return self._archive.healed

    @property
    def cost_usd(self) -> float:
        """What the calls of this run cost at the endpoints whose prices are known."""
        return self._budget.cost_usd

    async def ask(self, request: Request) -> Reply:
        """Return a reply from the cache, or from the endpoint that is drawn for the item.

        What a writer refuses or a filter holds back goes to the role's next endpoint.
        """
        for channel in self._ranked(request):
            reply = await self._sample(channel, request)
            if reply.error not in _PASSED_ON[request.role]:
                break
        return reply

    async def ask_json(self, request: Request, answer: type[A]) -> Parsed[A]:
        """Return a structured answer, of the first of the role's endpoints that gives one.

        A malformed one is corrected once by the model, then asked for as another sample; each
        retry epoch allows one more. In the end the reply's error is `malformed`. What is refused
        or filtered goes to the next endpoint, as in `ask`.
        """
        came: list[Reply] = []
        for channel in self._ranked(request):
            parsed = await self._ask_one(channel, request, answer)
            came.append(parsed.reply)
            if parsed.reply.error not in _PASSED_ON[request.role]:
                break
        return replace(parsed, by_endpoint=tuple(came))

    async def powers(self, endpoint: str, *, anew: bool = False) -> Powers:
        """Return what an endpoint understands, found out now if it isn't known, or `anew`.

        Raises: EndpointError.
        """
        return await self._channels[endpoint].learn(anew=anew)

    async def _ask_one(self, channel: Channel, request: Request, answer: type[A]) -> Parsed[A]:
        reply = await self._sample(channel, request)
        replies = [reply]
        parsed, wrong = _parse(reply, answer)
        follow_ups = self._follow_ups(request, reply, wrong) if wrong else ()
        for follow_up in follow_ups:
            reply = await self._sample(channel, follow_up)
            replies.append(reply)
            parsed, wrong = _parse(reply, answer)
            if not wrong:
                break
        if wrong:
            self._tally.count_unreadable(request.stage)
            reply = reply.model_copy(update={"error": "malformed", "detail": wrong})
        keys = tuple(dict.fromkeys(each.key for each in replies))
        if request.sensitive and len(keys) > 1:
            self._archive.tie(reply.key, keys)
        return Parsed(parsed, reply, keys)

    async def settle(self, keys: Iterable[str], verdict: str | None) -> None:
        """Say what becomes of sensitive answers: kept (None), or removed by a verdict.

        Of a removed one its digest, verdict and usage stay, under the same key.
        """
        await self._archive.settle(keys, verdict)

    async def flush(self) -> None:
        """Move all answers received so far into the store."""
        await self._archive.flush()

    def counts(self) -> CallCounts:
        """Return the calls of this run so far."""
        return self._tally.total()

    def progress(self) -> Progress:
        """Return a snapshot of the run. Any thread may call it."""
        return self._tally.snapshot(list(self._channels.values()), self._params.limits.in_flight)

    def _ranked(self, request: Request) -> Iterable[Channel]:
        if request.endpoint:
            return (self._channels[request.endpoint],)
        entries = self._params.roles.of(request.role)
        names = rank_endpoints(entries, request.role, request.item)
        return (self._channels[name] for name in names)

    def _open_channel(self, endpoint: Endpoint, app: AsgiApp | None) -> Channel:
        limit = min(endpoint.max_in_flight, self._params.limits.in_flight)
        pace = Pace(
            limit,
            asyncio.get_running_loop().time,
            requests_per_minute=endpoint.requests_per_minute,
            tokens_per_minute=endpoint.tokens_per_minute,
        )
        return Channel(
            endpoint,
            endpoint_identity(endpoint, self._params),
            Transport(endpoint, self._api_keys.get(endpoint.name), app),
            Gate(limit, self._shared, pace),
            self._memory,
            self._check,
        )

    def _check(self) -> None:
        if self._fatal is not None:
            raise self._fatal
        self._budget.check_cost()

    def _follow_ups(self, request: Request, reply: Reply, wrong: str) -> Iterable[Request]:
        if reply.text.strip():
            turns = (*request.messages, *corrective_turn(reply.text, wrong))
            yield request.model_copy(update={"messages": turns})
        for further in range(1, 2 + request.retry_epoch):
            yield request.model_copy(update={"index": request.index + FURTHER_SAMPLE * further})

    async def _sample(self, channel: Channel, request: Request) -> Reply:
        """Return a reply; a failure that was kept is sampled anew in every retry epoch."""
        reply = self._name_refusal(request, await self._answer(channel, request))
        for epoch in range(1, request.retry_epoch + 1):
            if reply.error is None or reply.error in TRANSIENT:
                break
            index = request.index + RETRY_SAMPLE * epoch
            again = request.model_copy(update={"index": index})
            reply = self._name_refusal(request, await self._answer(channel, again))
        return reply

    def _name_refusal(self, request: Request, reply: Reply) -> Reply:
        """Return the reply, with its error if a writer declined in words.

        Like all parsing it is not in what is stored: better phrases cost no call.
        """
        turn = request.messages[-1]["role"]
        if reply.error or reply.tool_calls or request.role not in _WRITERS or turn != "user":
            return reply
        if not declines(reply.text):
            return reply
        self._tally.count_unreadable(request.stage)
        told = {"error": "generator_refused", "detail": "the model refused to write this"}
        return reply.model_copy(update=told)

    async def _answer(self, channel: Channel, request: Request) -> Reply:
        """Return the one reply of a key, however many ask for it at a time."""
        key = request.key(channel.identity)
        while (flight := self._flights.get(key)) is not None:
            await asyncio.wait([flight])
            if not flight.cancelled():
                return self._count(request, flight.result().model_copy(update={"cached": True}))
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        try:
            reply = await self._find_or_call(channel, request, key)
            flight.set_result(reply)
        finally:
            flight.cancel()  # if there is no result, whoever waits asks by itself
            del self._flights[key]
        return self._count(request, reply)

    async def _find_or_call(self, channel: Channel, request: Request, key: str) -> Reply:
        if request.sensitive:
            self._archive.note(key, request)
        found = await self._archive.find(key)
        if found is not None:
            return found
        self._check()
        try:
            with self._budget.spending():
                reply = await channel.call(request, key)
                self._archive.keep(reply, request)
                self._budget.charge(reply)
        except EndpointError as exc:
            self._fatal = self._fatal or exc
            raise
        except StoppedError:
            await self._budget.drain()
            raise
        return reply

    def _count(self, request: Request, reply: Reply) -> Reply:
        self._tally.count(request.stage, reply)
        note_call(reply.key)
        return reply


def _parse(reply: Reply, answer: type[A]) -> tuple[A | None, str]:
    """Return the answer, or what is wrong with it; neither where the call itself failed."""
    if reply.tombstone is not None or reply.error not in (None, "malformed"):
        return None, ""
    try:
        return parse_answer(reply.text, answer), ""
    except MalformedError as exc:
        return None, str(exc)
