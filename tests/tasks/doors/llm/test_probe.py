"""What is found out of endpoints as they differ, once, and what becomes of it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from schemas.answers import HarmVerdict
from schemas.errors import EndpointError
from tasks.doors.llm import Engine
from tasks.doors.llm.powers import Powers
from tests.tasks.doors.llm.fakes import (
    FakeModel,
    FakeStore,
    Heard,
    Said,
    Script,
    ask_for,
    ask_json_for,
    endpoint,
    params,
    run_virtually,
)
from tests.tasks.doors.llm.servers import Server


def found(script: Script, tmp_path: Path) -> Powers:
    """Return what is found out of an endpoint, in virtual time."""
    seen: list[Powers] = []

    async def run() -> None:
        model, open_one = FakeModel(script), params(endpoint(structured="auto"))
        async with Engine(open_one, FakeStore(), tmp_path, {}, app=model) as engine:
            seen.append(await engine.powers("one"))

    run_virtually(run())
    return seen[0]


NAMED = {"tool_choice": "named", "tools": "called"}


@pytest.mark.parametrize(
    ("server", "told"),
    [
        pytest.param(Server(), {"structured": "json_schema", **NAMED}, id="all of it"),
        pytest.param(
            Server(formats=("json_object_schema", "json_object"), status=500),
            {"structured": "json_object_schema", "seed_name": "seed"},
            id="llama.cpp: a server error for json_schema",
        ),
        pytest.param(
            Server(formats=("json_object",)), {"structured": "json_object"}, id="no schemas"
        ),
        pytest.param(
            Server(formats=(), choices=("required",)),
            {"structured": "tool", "tool_choice": "required"},
            id="tools alone",
        ),
        pytest.param(
            Server(formats=(), choices=()), {"structured": "text", "tool_choice": None}, id="words"
        ),
        pytest.param(
            Server(formats=("json_object",), ignored=("json_schema",), seed=None),
            {"structured": "json_object", "seed_name": None, "seed_repeats": None},
            id="taken and not followed",
        ),
        pytest.param(
            Server(seed="random_seed", repeats=False, status=422),
            {"seed_name": "random_seed", "seed_repeats": False},
            id="Mistral's name of the seed",
        ),
        pytest.param(
            Server(limit="max_completion_tokens", temperature=False),
            {"limit_name": "max_completion_tokens", "temperature": False},
            id="a reasoning model's settings",
        ),
        pytest.param(
            Server(calls_by_itself=False), {"tools": "forced", "tool_choice": "named"}, id="forced"
        ),
        pytest.param(
            Server(calls_by_itself=False, writes_calls=True), {"tools": "written"}, id="no parser"
        ),
        pytest.param(Server(calls_by_itself=False, choices=()), {"tools": "none"}, id="no tools"),
    ],
)
def test_what_an_endpoint_understands(tmp_path: Path, server: Server, told: dict[str, Any]) -> None:
    """Formats, seeds, settings and tools are found out by asking; who answered is recorded."""
    powers = found(server, tmp_path)
    seen = powers.model_dump()
    assert {name: seen[name] for name in told} == told
    assert (powers.model, powers.says_usage) == ("m", True)
    assert powers.calls <= 16
    assert powers.usage.prompt_tokens


def test_faults_that_pass_are_not_taken_for_a_lack(tmp_path: Path) -> None:
    """Refusals for now, and a stray server error, are asked again."""
    server, statuses = Server(), {1: 429, 2: 500}

    def script(heard: Heard) -> Said:
        status = statuses.get(heard.attempt)
        return Said(status=status) if status else server(heard)

    assert found(script, tmp_path).structured == "json_schema"


def test_it_is_asked_once_and_remembered(tmp_path: Path) -> None:
    """However many ask at once the endpoint is probed once; the next run asks nothing of it."""
    memory, heard = tmp_path / "w" / "endpoints.json", []

    async def run(server: Server) -> None:
        open_one = params(endpoint(structured="auto"))
        async with Engine(
            open_one, FakeStore(), tmp_path / "j", {}, app=FakeModel(server), memory=memory
        ) as engine:
            asked = [engine.ask_json(ask_json_for(f"{n}"), HarmVerdict) for n in range(20)]
            parsed = await asyncio.gather(*asked)
            assert all(each.value is not None for each in parsed)
            assert engine.counts().made == 20  # what finding out took is no call of a stage
            heard.append(len(server.heard))

    for _ in range(2):
        run_virtually(run(Server(formats=("json_object",))))
    assert heard[0] > heard[1] == 20
    assert "one.example" not in memory.read_text()


def test_what_is_remembered_of_another_server_is_found_out_anew(tmp_path: Path) -> None:
    """An endpoint that turns down what it took before is probed once more, and then asked."""
    memory = tmp_path / "endpoints.json"

    async def run(server: Server) -> None:
        open_one = params(endpoint(structured="auto"))
        async with Engine(
            open_one, FakeStore(), tmp_path / "j", {}, app=FakeModel(server), memory=memory
        ) as engine:
            parsed = await engine.ask_json(ask_json_for(), HarmVerdict)
            assert (parsed.value is not None, parsed.reply.error) == (True, None)

    run_virtually(run(Server()))
    run_virtually(run(Server(formats=("json_object",))))
    assert '"json_object"' in memory.read_text()


def test_a_damaged_memory_is_none(tmp_path: Path) -> None:
    """What can't be read is found out anew and written over."""
    memory = tmp_path / "endpoints.json"
    memory.write_bytes(b'{"one@": {"structured": ')

    async def run() -> None:
        open_one = params(endpoint(structured="auto"))
        model = FakeModel(Server())
        async with Engine(
            open_one, FakeStore(), tmp_path / "j", {}, app=model, memory=memory
        ) as engine:
            await engine.ask(ask_for())

    run_virtually(run())
    assert '"json_schema"' in memory.read_text()


def test_a_structured_answer_as_a_call(tmp_path: Path) -> None:
    """Where only a forced call gives shape, its arguments are the answer."""

    async def run() -> None:
        server = Server(formats=(), choices=("named",))
        model, open_one = FakeModel(server), params(endpoint(structured="auto"))
        async with Engine(open_one, FakeStore(), tmp_path, {}, app=model) as engine:
            parsed = await engine.ask_json(ask_json_for(), HarmVerdict)
            assert parsed.value == HarmVerdict(signs_of_harm="none", reason="An errand.")
            assert parsed.reply.tool_calls == ()
        choice = server.heard[-1]["tool_choice"]["function"]["name"]
        assert choice == server.heard[-1]["tools"][0]["function"]["name"] == "harm_verdict"

    run_virtually(run())


def test_a_seed_is_sent_to_whoever_takes_one(tmp_path: Path) -> None:
    """Under the name it has there, unless the parameters say not to."""

    async def run(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of the model
        server = Server(seed="random_seed")
        open_one = params(endpoint(structured="auto", **values))
        async with Engine(open_one, FakeStore(), tmp_path, {}, app=FakeModel(server)) as engine:
            await engine.ask(ask_for())
        return server.heard[-1]

    async def check() -> None:
        assert "random_seed" in await run()
        assert "random_seed" not in await run(send_seed=False)

    run_virtually(check())


@dataclass(frozen=True)
class Always:
    """An endpoint that answers with one status."""

    status: int

    def __call__(self, _heard: Heard) -> Said:
        """Refuse."""
        return Said(status=self.status)


def test_an_endpoint_that_is_down_is_not_remembered(tmp_path: Path) -> None:
    """Nothing is concluded from an endpoint that answers nothing; a wrong key ends the run."""
    memory = tmp_path / "endpoints.json"

    async def run() -> None:
        open_one = params(endpoint(structured="auto", max_attempts=2))
        for status in (503, 401):
            model = FakeModel(Always(status))
            async with Engine(
                open_one, FakeStore(), tmp_path / "j", {}, app=model, memory=memory
            ) as engine:
                if status == 503:
                    assert (await engine.ask(ask_for())).error == "server_error"
                else:
                    with pytest.raises(EndpointError):
                        await engine.ask(ask_for())

    run_virtually(run())
    assert not memory.exists()
