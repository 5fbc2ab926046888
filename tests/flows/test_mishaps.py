"""A build to which something happens from outside, and the next one."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schemas.results import BuildResult
from tests.flows.test_kill import COMMAND, wait_for_calls


def start(workspace: Path) -> "subprocess.Popen[bytes]":
    """Start a build that has a server of its own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    command = [*COMMAND, "--workspace", str(workspace)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def end(process: "subprocess.Popen[bytes]") -> tuple[int, dict[str, object], str]:
    """Return the exit code, the object printed last, if any, and what was told."""
    output, told = process.communicate(timeout=300)
    result = json.loads(output.splitlines()[-1]) if output else {}
    return process.returncode, result, told.decode()


def server_of(process: "subprocess.Popen[bytes]") -> int:
    """Return the process id of a build's own Prefect server."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    commands = {int(pid): Path(f"/proc/{pid}/cmdline").read_text() for pid in children}
    return next(pid for pid, command in commands.items() if "prefect.server.api" in command)


def test_a_build_that_loses_its_server_says_so_and_the_next_one_completes(
    first: BuildResult, tmp_path: Path
) -> None:
    """The server is killed while calls are made: the run ends soon, and nothing is lost."""
    process = start(tmp_path / "w")
    wait_for_calls(tmp_path / "w", process)
    os.kill(server_of(process), signal.SIGKILL)
    code, _, told = end(process)
    assert code == 1
    assert "is gone; everything made so far is kept" in told.splitlines()[-1]
    assert "Traceback" not in told
    code, result, _ = end(start(tmp_path / "w"))
    assert (code, result["version"]) == (0, first.version)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Make a folder a file system of a size in memory."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_named_and_with_room_the_next_build_completes(
    first: BuildResult, tmp_path: Path
) -> None:
    """Full while the store grows: no traceback, nothing damaged."""
    disk = tmp_path / "disk"
    with small_disk(disk, "9m"):
        code, _, told = end(start(disk / "w"))
        assert code == 2
        assert f"the disk of {disk / 'w'} is full" in told.splitlines()[-1]
        assert "Traceback" not in told
        subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
        code, result, _ = end(start(disk / "w"))
        assert (code, result["version"]) == (0, first.version)
