import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from agentalign.operating.processes import SERVICE, TOKEN, end, find, find_leader, is_of, start

# a child in a session of its own, which hears no SIGTERM; then the parent goes
_DAEMON = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", child], start_new_session=True)
print("ready", flush=True)
if sys.argv[1] == "stay":
    time.sleep(60)
"""
Launch = Callable[[str], list[str]]


@pytest.fixture
def token(tmp_path: Path) -> Iterator[str]:
    """A token of the test's own; what has it at the end is killed."""
    yield str(tmp_path)
    for process in find(str(tmp_path)):
        process.kill()


@pytest.fixture
def launch(token: str, tmp_path: Path) -> Launch:
    """Start the daemon and return its command once its child runs."""

    def call(how: str) -> list[str]:
        command, log = [sys.executable, "-c", _DAEMON, how], tmp_path / "log"
        start(command, {**os.environ, TOKEN: token, SERVICE: "s"}, log, tmp_path)
        deadline = time.monotonic() + 20
        while "ready" not in (log.read_text() if log.exists() else ""):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return command

    return call


def test_the_mark_finds_all_that_came_of_a_service(launch: Launch, token: str) -> None:
    """A child in another session too, and after its parent has gone."""
    launch("go")
    (left,) = psutil.wait_procs(find(token), timeout=1)[1] or find(token)
    assert is_of(left, "s")
    assert "time.sleep(60)" in " ".join(left.cmdline())


def test_a_leader_is_known_by_its_command(launch: Launch, token: str) -> None:
    """What it started is no leader, nor is another service, nor another token's."""
    command = launch("stay")
    leader = find_leader(token, "s", command)
    assert leader is not None
    assert leader.cmdline()[1:] == command[1:]
    assert find_leader(token, "other", command) is None
    assert find_leader("other", "s", command) is None
    leader.kill()
    leader.wait()
    assert find_leader(token, "s", command) is None
    assert find(token)


def test_who_hears_no_signal_is_killed(launch: Launch, token: str) -> None:
    """After its grace; how many that took is told."""
    launch("stay")
    found = find(token)
    assert end(found, 0.2) == len(found) == 2
    assert find(token) == []


def test_nobody_else_is_found(token: str) -> None:
    """A process without the mark is not, whatever its session."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        assert find(token) == []
        other.kill()
