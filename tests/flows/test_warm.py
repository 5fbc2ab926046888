"""The warm process, with a run of the test's own in the place of Prefect's engine."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import flows.warm_client

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it forks")

_SERVER = """
import os, sys, time
from flows.warm import Warm, become
warm = Warm(os.environ["AGENTALIGN_WARM"])
print("ready", flush=True)
become(warm.serve())
print(os.getcwd(), os.environ["WORD"], flush=True)
if os.environ["WORD"] == "wait":
    time.sleep(60)
sys.exit(7)
"""
_CLIENT = [sys.executable, "-I", "-S", flows.warm_client.__file__]


@pytest.fixture(scope="module")
def env() -> Iterator[dict[str, str]]:
    """Start a warm process; return the environment of its clients."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    own |= {"AGENTALIGN_WARM": f"agentalign-test-{os.getpid()}"}
    command = [sys.executable, "-P", "-c", _SERVER]
    with subprocess.Popen(command, env=own, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        yield own
        server.kill()


def test_a_run_looks_like_a_process_of_its_own(env: dict[str, str], tmp_path: Path) -> None:
    """Its folder, environment and output are the client's, and so is how it ends."""
    done = subprocess.run(
        _CLIENT, env=env | {"WORD": "hello"}, cwd=tmp_path, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (7, f"{tmp_path} hello\n")


def started(env: dict[str, str], folder: Path) -> subprocess.Popen[str]:
    client = subprocess.Popen(
        _CLIENT, env=env | {"WORD": "wait"}, cwd=folder, stdout=subprocess.PIPE, text=True
    )
    assert client.stdout is not None
    assert client.stdout.readline() == f"{folder} wait\n"
    return client


def test_a_signal_reaches_the_run(env: dict[str, str], tmp_path: Path) -> None:
    """SIGTERM ends it, and the client as that does."""
    with started(env, tmp_path) as client:
        client.terminate()
        assert client.wait(20) == -signal.SIGTERM


def test_a_run_does_not_outlive_its_command(env: dict[str, str], tmp_path: Path) -> None:
    """A client that is killed takes the run with it: its output is closed."""
    with started(env, tmp_path) as client:
        client.kill()
        assert client.stdout is not None
        began = time.monotonic()
        assert client.stdout.read() == ""
        assert time.monotonic() - began < 20


@pytest.mark.parametrize("other", [{"PREFECT_LOGGING_LEVEL": "DEBUG"}, {"AGENTALIGN_WARM": "none"}])
def test_what_it_cannot_do_is_left_to_a_fresh_process(
    env: dict[str, str], tmp_path: Path, other: dict[str, str]
) -> None:
    """Another setting, or no warm process: the client becomes Prefect's engine."""
    done = subprocess.run(
        _CLIENT, env=env | {"WORD": "hello", "PREFECT_HOME": str(tmp_path)} | other,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Invalid flow run id" in done.stdout + done.stderr


def test_a_visitor_without_a_request_does_no_harm(env: dict[str, str], tmp_path: Path) -> None:
    """Whoever connects and goes leaves it as it was."""
    import socket

    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.connect("\0" + env["AGENTALIGN_WARM"])
    test_a_run_looks_like_a_process_of_its_own(env, tmp_path)
