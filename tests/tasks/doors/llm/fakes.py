"""A model, a store and a clock that are made by hand."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from schemas.answers import HarmVerdict, response_schema
from schemas.calls import CallInfo, Reply, Request
from schemas.endpoints import Endpoint, Roles, Weighted
from schemas.params import BuildParams, Limits
from tasks.doors.llm.clients import Message

GOOD = '{"signs_of_harm": "none", "reason": "An errand."}'


@dataclass(frozen=True, slots=True)
class Said:
    """What the model says to one request."""

    text: str | None = GOOD
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    finish: str = "stop"
    message: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] = field(default_factory=dict)
    wait_s: float = 0.0
    raw: bytes | None = None
    top: Mapping[str, Any] = field(default_factory=dict)  # beside the choices


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as the model got it."""

    body: dict[str, Any]
    attempt: int
    authorization: str

    @property
    def question(self) -> str:
        """The last turn's text."""
        return str(self.body["messages"][-1]["content"])


Script = Callable[[Heard], Said]


class FakeModel:
    """An OpenAI-compatible ASGI app that follows a script and remembers what it heard."""

    def __init__(self, script: Script = lambda heard: Said()) -> None:
        self.script = script
        self.heard: list[Heard] = []
        self.in_flight = self.most_in_flight = 0

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body = orjson.loads((await receive())["body"])
        heard = Heard(body, int(headers["x-attempt"]), headers.get("authorization", ""))
        self.heard.append(heard)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            said = self.script(heard)
            await asyncio.sleep(said.wait_s)
        finally:
            self.in_flight -= 1
        encoded = [(name.encode(), value.encode()) for name, value in said.headers.items()]
        await send({"type": "http.response.start", "status": said.status, "headers": encoded})
        await send({"type": "http.response.body", "body": _content(said)})


def _content(said: Said) -> bytes:
    if said.raw is not None:
        return said.raw
    if said.status != 200:
        return orjson.dumps({"error": {"message": "no", "code": None, **said.error}})
    message = {"role": "assistant", "content": said.text, **said.message}
    choice = {"index": 0, "finish_reason": said.finish, "message": message}
    usage = {"prompt_tokens": 10, "completion_tokens": 5}
    return orjson.dumps({"model": "m", "choices": [choice], "usage": usage, **said.top})


class FakeStore:
    """Keeps replies in memory and remembers how it was asked."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.infos: dict[str, CallInfo] = {}
        self.lookups: list[int] = []
        self.failure: Exception | None = None

    async def load_replies(self, keys: Iterable[str], /) -> dict[str, Reply]:
        """Return the replies that are there, marked as cached."""
        wanted = list(keys)
        self.lookups.append(len(wanted))
        await asyncio.sleep(0)
        found = {key: self.replies[key] for key in wanted if key in self.replies}
        return {key: reply.model_copy(update={"cached": True}) for key, reply in found.items()}

    async def save_replies(self, new: Sequence[tuple[Reply, CallInfo]], /) -> None:
        """Keep replies."""
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        self.replies |= {reply.key: reply for reply, _ in new}
        self.infos |= {reply.key: info for reply, info in new}


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes at once: sleepers are woken in order, without waiting."""

    def __init__(self) -> None:
        super().__init__(_SkippingSelector(self))
        self.now = 0.0

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self.now

    def run_in_executor(
        self, executor: object, func: Callable[..., Any], *args: object
    ) -> asyncio.Future[Any]:
        """Run a function at once: a thread's time would be another than this loop's."""
        done: asyncio.Future[Any] = self.create_future()
        done.set_result(func(*args))
        return done


class _SkippingSelector(selectors.DefaultSelector):
    """Waits for nobody: what it would have waited for has passed."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready now; the time-out passes in virtual time."""
        if timeout:
            self._loop.now += timeout
        return super().select(0 if timeout is not None else None)


def run_virtually(work: Awaitable[Any]) -> float:
    """Run work on a virtual loop; return the virtual seconds it took."""

    async def wait() -> None:
        await work

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(wait())
        loop = runner.get_loop()
    assert isinstance(loop, VirtualLoop)
    return loop.now


def endpoint(
    name: str = "one",
    **values: Any,  # noqa: ANN401 - fields of the model
) -> Endpoint:
    """Return an endpoint that the fake app answers for."""
    plain = {"model": "m", "base_url": f"http://{name}.example/v1", "structured": "json_schema"}
    return Endpoint(name=name, **{**plain, **values})


def params(
    *endpoints: Endpoint,
    limits: Limits | None = None,
    **values: Any,  # noqa: ANN401 - fields of the model
) -> BuildParams:
    """Return parameters in which every role is played by all the endpoints."""
    chosen = endpoints or (endpoint(),)
    entries = tuple(Weighted(endpoint=each.name) for each in chosen)
    roles = Roles(generator=entries, judge=entries, planner=entries, responder=entries)
    return BuildParams(endpoints=chosen, roles=roles, limits=limits or Limits(), **values)


def ask_for(
    text: str = "a question",
    **values: Any,  # noqa: ANN401 - fields of the model
) -> Request:
    """Return a request for a plain answer."""
    plain = {
        "role": "responder",
        "stage": "tests",
        "item": text,
        "messages": ({"role": "user", "content": text},),
    }
    return Request(**{**plain, **values})


def ask_json_for(
    text: str = "a question",
    **values: Any,  # noqa: ANN401 - fields of the model
) -> Request:
    """Return a judge's request for a structured answer."""
    schema = response_schema(HarmVerdict)
    return ask_for(text, **{"role": "judge", "response_schema": schema, **values})
