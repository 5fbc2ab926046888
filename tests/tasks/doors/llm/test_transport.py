"""Real HTTP over loopback, through the openai client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest
import uvicorn

from schemas.errors import BadInputError, EndpointError
from tasks.doors.llm import Engine, map_bounded
from tasks.doors.llm.clients import find_proxy
from tasks.doors.llm.transport import Transport, retry_after_s
from tests.tasks.doors.llm.fakes import FakeModel, FakeStore, Said, ask_for, endpoint, params


@asynccontextmanager
async def serve(model: FakeModel) -> AsyncIterator[str]:
    """Serve a model on a free port; yield its base URL."""
    config = uvicorn.Config(model, port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.should_exit = True
        await task


async def test_calls_over_http(tmp_path: Path) -> None:
    """Key and body arrive, refusals are repeated, answers come back."""
    model = FakeModel(lambda heard: Said("Yes.", status=200 if heard.attempt > 1 else 429))
    async with serve(model) as url:
        one = params(endpoint(base_url=url))
        async with Engine(one, FakeStore(), tmp_path, {"one": "sk-test"}) as engine:
            replies = await map_bounded(range(12), lambda n: engine.ask(ask_for(f"{n}")), limit=6)
    assert {(reply.text, reply.attempts) for reply in replies} == {("Yes.", 2)}
    assert {heard.authorization for heard in model.heard} == {"Bearer sk-test"}


async def test_a_server_that_goes_away_is_a_failure_of_the_call(tmp_path: Path) -> None:
    """An endpoint that has answered once may come back: its calls fail, the run does not."""
    async with AsyncExitStack() as life:
        one = params(endpoint(base_url=await life.enter_async_context(serve(FakeModel())),
                              max_attempts=1))  # fmt: skip
        async with Engine(one, FakeStore(), tmp_path, {}) as engine:
            assert (await engine.ask(ask_for("a"))).error is None
            await life.aclose()
            assert (await engine.ask(ask_for("b"))).error == "connection"


async def test_a_server_that_is_not_there_ends_the_run(tmp_path: Path) -> None:
    """An endpoint that no connection can be made to is named, and what to do."""
    async with serve(FakeModel()) as url:
        one = params(endpoint(base_url=url))
    async with Engine(one, FakeStore(), tmp_path, {}) as engine:
        with pytest.raises(
            EndpointError, match=r"127.0.0.1:\d+\) can't be reached .*start the ser"
        ):
            await engine.ask(ask_for("b"))


async def test_time_outs_are_the_doors(tmp_path: Path) -> None:
    """A server that stalls is given up after the endpoint's time-out."""
    model = FakeModel(lambda heard: Said(wait_s=0.4))
    async with serve(model) as url:
        one = params(endpoint(base_url=url, max_attempts=1, timeout_s=0.05))
        async with Engine(one, FakeStore(), tmp_path, {}) as engine:
            assert (await engine.ask(ask_for())).error == "timeout"


async def test_what_this_machine_is_is_not_said() -> None:
    """No header names the platform, the client or its version."""
    seen: list[bytes] = []

    class Listener(FakeModel):
        async def __call__(self, scope, receive, send):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204 - as in the base class
            seen.extend(name.lower() for name, _ in scope["headers"])
            await super().__call__(scope, receive, send)

    transport = Transport(endpoint(), None, Listener())
    await transport.send(b'{"messages": []}', 1)
    await transport.close()
    assert not [name for name in seen if name.startswith((b"x-stainless", b"user-agent"))]


def test_a_key_no_header_can_carry_is_refused_without_showing_it() -> None:
    """A line break at the end of a key is dropped; one within it, or an umlaut, is an error."""
    Transport(endpoint(), "sk-test\n", FakeModel())
    for key in ("sk-\ntest", "sk-tést"):
        with pytest.raises(BadInputError, match="MY_KEY") as caught:
            Transport(endpoint(api_key_env="MY_KEY"), key, FakeModel())
        assert key not in str(caught.value)


def test_a_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy of the URL's scheme is used, unless the host is exempt."""
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1,inside.example")
    assert find_proxy(httpx2.URL("http://one.example/v1")) == "http://proxy.example:3128"
    assert find_proxy(httpx2.URL("http://inside.example/v1")) is None
    assert find_proxy(httpx2.URL("http://127.0.0.1:8000/v1")) is None


async def test_a_base_url_that_is_none_is_named() -> None:
    """What can't be parsed as a URL is the user's to correct."""
    with pytest.raises(BadInputError, match="base_url is no URL"):
        Transport(endpoint(base_url="http://[::1"), None, None)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "1e999"}, None),
        (
            {
                "retry-after": "Wed, 21 Oct 2015 07:28:30 GMT",
                "date": "Wed, 21 Oct 2015 07:28:00 GMT",
            },
            30.0,
        ),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT"}, None),
    ],
)
def test_retry_after_forms(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, milliseconds and dates are read; what isn't legible is no wait."""
    assert retry_after_s(headers) == seconds
