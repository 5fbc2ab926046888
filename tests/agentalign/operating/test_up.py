"""Real servers, on ports of the test's own, in a workspace of the test's own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from agentalign.operating.http import ask
from agentalign.operating.ports import is_free
from agentalign.operating.processes import find
from agentalign.operating.record import load_record
from agentalign.operating.running import find_up
from schemas.workspace import Workspace

HOST = "127.0.0.1"
Command = Callable[..., subprocess.CompletedProcess[str]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def command_of(workspace: Path, *arguments: str) -> list[str]:
    script = Path(sys.executable).parent / "agentalign"
    return [str(script), *arguments, "--workspace", str(workspace)]


def environment() -> dict[str, str]:
    """Return the environment without what a Prefect test harness put into it."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Command]:
    """Run a command in the test's workspace; whatever is up at the end is taken down."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = command_of(tmp_path, *arguments)
        return subprocess.run(
            command, env=environment(), text=True, capture_output=True, timeout=280, check=False
        )

    yield call
    call("down")


def given_ports() -> list[str]:
    return ["--prefect-port", str(free_port()), "--mlflow-port", str(free_port())]


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.timeout(900)  # 40 s on an idle machine
def test_what_up_starts_down_ends(run: Command, tmp_path: Path) -> None:
    """Servers, and a run from a deployment; what is gone is started again; nothing is left."""
    workspace = Workspace(tmp_path)
    ports = given_ports()
    up = answer(run("up", "--json", *ports))
    assert {each["state"] for each in up["services"].values()} == {"started"}
    assert len(up["deployments"]) == 13

    again = answer(run("up", "--json"))
    assert {each["state"] for each in again["services"].values()} == {"was running"}
    assert pids(again) == pids(up)
    other = run("up", "--mlflow-port", str(free_port()))
    assert other.returncode == 1
    assert "run `agentalign down` before you change them" in other.stderr

    state = wait_for_run(int(ports[1]), "build-until/chains")
    assert state["type"] == "COMPLETED", state
    assert "runs start cold" not in (workspace.logs / "worker.log").read_text("utf-8")
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


def wait_for_run(port: int, deployment: str) -> dict[str, Any]:
    """Start a small run of a deployment and return the state it ends in."""
    _, found = ask(HOST, port, f"/api/deployments/name/{deployment}")
    small = {"categories": {"subcategories_per_category": 1}, "pool": {"chains_per_subcategory": 1}}
    parameters = found["parameters"] | {"params": small}
    path = f"/api/deployments/{found['id']}/create_flow_run"
    _, run = ask(HOST, port, path, {"parameters": parameters})
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        _, run = ask(HOST, port, f"/api/flow_runs/{run['id']}")
        if run["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED"):
            break
        time.sleep(0.2)
    state: dict[str, Any] = run["state"]
    return state


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
