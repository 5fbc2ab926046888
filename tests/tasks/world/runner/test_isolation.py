"""What a tool's code can't do, at every level that can stop it."""

import asyncio
import contextlib
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import BadInputError
from schemas.params import Workers
from tasks.world.runner import ExecutionLostError, Level, Worlds, find_level
from tasks.world.runner.isolation import is_there, worker_command, worker_environment
from tests.tasks.world.runner.conftest import Open, call


async def error_of(worlds: Worlds, name: str, text: str = "x") -> str:
    """Make a call, which must be refused because the code failed; return the message."""
    done = await worlds.session(1).call(call(name, text))
    assert done is not None
    assert not done.ok, done.result
    result: Any = done.result
    assert result["error"]["code"] == "tool_failed"
    return str(result["error"]["message"])


async def test_a_tool_can_open_no_socket(level: Level, open_worlds: Open) -> None:
    """Neither a bare socket nor a connection to a server on this very machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        async with open_worlds(level) as worlds:
            await error_of(worlds, "open_socket")
            await error_of(worlds, "reach_out", str(server.getsockname()[1]))
        with pytest.raises(TimeoutError):
            server.accept()


async def test_a_tool_can_read_and_write_no_file(
    level: Level, open_worlds: Open, tmp_path: Path
) -> None:
    """Neither a file of the user's nor one of the system's, although everybody may read them."""
    secret = tmp_path / "secret.txt"
    secret.write_text("for my eyes alone")
    for folder in (*secret.parents, secret):
        if folder.is_relative_to(tmp_path.parents[1]):
            folder.chmod(0o755 if folder.is_dir() else 0o644)
    async with open_worlds(level) as worlds:
        for path in (secret, Path("/etc/passwd"), Path(__file__)):
            assert "Error" in await error_of(worlds, "read", str(path))
        await error_of(worlds, "write", str(tmp_path / "new.txt"))
    assert not (tmp_path / "new.txt").exists()


async def test_a_tool_can_start_no_process(level: Level, open_worlds: Open) -> None:
    """A fork, a fork without end, or another program."""
    async with open_worlds(level) as worlds:
        await error_of(worlds, "fork")
        await error_of(worlds, "start")
        done = await worlds.session(1).call(call("mark"))
    assert done is not None
    assert done.ok


async def test_a_tool_can_not_kill_who_started_it(level: Level, open_worlds: Open) -> None:
    """The signal is refused, or finds nobody that it could reach."""
    if level == "rlimits" and os.geteuid() != 0:
        pytest.skip("limits alone don't keep a user's process from the user's others")
    async with open_worlds(level) as worlds:
        done = await worlds.session(1).call(call("kill_parent"))
        assert done is not None  # this test is still there to see it


async def test_a_tool_can_not_have_four_gigabytes(level: Level, open_worlds: Open) -> None:
    """It costs the execution that asked for them; the next one works."""
    async with open_worlds(level) as worlds:
        with pytest.raises(ExecutionLostError, match=r"workers\.memory_mb"):
            await worlds.session(1).call(call("eat"))
        done = await worlds.session(2).call(call("mark"))
    assert done is not None
    assert done.ok


async def test_executions_say_how_far_they_were_shut_off(level: Level, open_worlds: Open) -> None:
    """The level is beside what was executed, and no part of it."""
    async with open_worlds(level) as worlds:
        session = worlds.session(3)
        await session.call(call("mark"))
        execution = await session.record((), binding="b", slot="s")
    async with open_worlds("rlimits") as worlds:
        session = worlds.session(3)
        await session.call(call("mark"))
        other = await session.record((), binding="b", slot="s")
    assert execution.isolation == level
    assert execution.id == other.id
    assert execution.model_copy(update={"isolation": ""}) == other.model_copy(
        update={"isolation": ""}
    )


async def test_a_worker_sees_nothing_of_the_environment(level: Level) -> None:
    """No key of the user's is in it: only where the packages lie, and how Python starts."""
    assert worker_environment().keys() == {
        "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYDANTIC_DISABLE_PLUGINS", "LC_ALL",
    }  # fmt: skip
    assert worker_command(level)[-1] == level


async def test_workers_end_with_their_parent(level: Level, tmp_path: Path) -> None:
    """After a SIGKILL of who started them, a worker that hangs in a call is gone as well."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio\n"
        "from tests.tasks.world.runner.conftest import call, own_tools\n"
        "from schemas.params import Workers\n"
        "from tasks.world.runner import Worlds\n"
        "async def main():\n"
        f"    limits = Workers(isolation={level!r}, processes=1, call_timeout_s=300)\n"
        "    async with Worlds(own_tools(), limits) as worlds:\n"
        "        await worlds.session(1).call(call('mark'))\n"
        "        print(*worlds.pids, flush=True)\n"
        "        await worlds.session(1).call(call('hang'))\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, str(script)), stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[4])},
    )  # fmt: skip
    assert parent.stdout is not None
    worker = int(await asyncio.wait_for(parent.stdout.readline(), 60))
    family = {worker, *_below(worker)}
    assert len(family) == (3 if level == "bubblewrap" else 1)
    parent.kill()
    await parent.wait()
    for _ in range(100):
        if not family & _alive().keys():
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"still there: {family & _alive().keys()}")


def _alive() -> dict[int, int]:
    """Return the parent of every process that is there and no zombie."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                found[int(stat.parent.name)] = int(parent)
    return found


def _below(pid: int) -> set[int]:
    children = {child for child, parent in _alive().items() if parent == pid}
    return children.union(*(_below(child) for child in children))


def test_the_strongest_level_is_taken_unless_one_is_named() -> None:
    """`auto` takes bubblewrap where it works; a name is taken at its word."""
    assert find_level() == ("bubblewrap" if is_there("bubblewrap") else find_level("auto"))
    assert find_level("rlimits") == "rlimits"


def test_a_level_that_is_not_there_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the program, bubblewrap asked for by name is an error, not a lesser level."""
    is_there.cache_clear()
    monkeypatch.setenv("PATH", "")
    try:
        with pytest.raises(BadInputError, match="apt-get install bubblewrap"):
            Worlds(None, Workers(isolation="bubblewrap"))
        assert find_level() != "bubblewrap"
    finally:
        is_there.cache_clear()
