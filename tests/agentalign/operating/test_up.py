"""Real servers, on ports of the test's own, in a workspace of the test's own."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from agentalign.operating.ports import is_free
from agentalign.operating.processes import find
from agentalign.operating.record import load_record
from agentalign.operating.running import find_up
from schemas.workspace import Workspace
from tests.agentalign.operating.commands import (
    HOST,
    answer,
    command_of,
    environment,
    free_port,
    given_ports,
    run_in,
)

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Command]:
    """Run a command in the test's workspace; whatever is up at the end is taken down."""
    yield partial(run_in, tmp_path)
    run_in(tmp_path, "down")


@pytest.mark.timeout(900)  # 40 s on an idle machine
def test_what_up_starts_down_ends(run: Command, tmp_path: Path) -> None:
    """Up twice starts all of it once; what is gone is started again; down leaves nothing."""
    workspace = Workspace(tmp_path)
    ports = given_ports()
    up = answer(run("up", "--json", *ports))
    assert {each["state"] for each in up["services"].values()} == {"started"}
    assert len(up["deployments"]) == 14

    again = answer(run("up", "--json"))
    assert {each["state"] for each in again["services"].values()} == {"was running"}
    assert pids(again) == pids(up)
    other = run("up", "--mlflow-port", str(free_port()))
    assert other.returncode == 1
    assert "run `agentalign down` before you change them" in other.stderr

    os.kill(up["services"]["mlflow"]["pid"], signal.SIGKILL)
    healed = answer(run("up", "--json"))
    assert [name for name, each in healed["services"].items() if each["state"] == "started"] == [
        "mlflow"
    ]

    record = find_up(workspace)
    assert record is not None
    down = answer(run("down", "--json"))
    assert down["processes"] >= 4
    assert down["runs"] == 0
    assert find(record.token) == []
    assert all(is_free(HOST, int(port)) for port in (ports[1], ports[3]))
    assert find_up(workspace) is None
    assert run("down").stdout == "nothing is up in this workspace\n"


def pids(up: dict[str, Any]) -> list[int]:
    return [each["pid"] for each in up["services"].values()]


def test_down_ends_what_an_up_that_was_killed_left(run: Command, tmp_path: Path) -> None:
    """SIGKILL half way: what had been started is found and ended."""
    command = command_of(tmp_path, "up", *given_ports())
    with subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL) as up:
        record = None
        while record is None or not find(record.token):
            assert up.poll() is None
            record = load_record(Workspace(tmp_path))
            time.sleep(0.05)
        up.kill()
    assert find(record.token)
    assert run("down").returncode == 0
    assert find(record.token) == []
    assert is_free(HOST, record.prefect_port)


def test_a_port_of_somebody_else_is_named(run: Command, tmp_path: Path) -> None:
    """Who has it and what to do; nothing is started, and whoever has it is left alone."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run("up", "--prefect-port", str(free_port()), "--mlflow-port", port)
        me = psutil.Process()
        assert done.returncode == 1
        assert f"port {port} is taken by {me.name()} (process {me.pid})" in done.stderr
        assert "give another with --mlflow-port" in done.stderr
        assert load_record(Workspace(tmp_path)) is None
        assert run("down").stdout == "nothing is up in this workspace\n"


def test_listening_for_others_is_warned_of(run: Command) -> None:
    """Any address but loopback says who can do what then."""
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run("up", "--host", "0.0.0.0", "--prefect-port", port)
        assert "warning: 0.0.0.0 is no loopback address" in done.stderr
        assert "neither server asks for a password" in done.stderr
        own = run("up", "--host", "localhost", "--prefect-port", port)
        assert "warning" not in own.stderr
