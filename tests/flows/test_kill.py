"""A build killed at any moment, and run again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "agentalign", "build", "--profile", "smoke", "--json"]


def start(workspace: Path, api: str) -> "subprocess.Popen[bytes]":
    """Start a build in a process group of its own."""
    return subprocess.Popen(
        [*COMMAND, "--workspace", str(workspace)],
        env=os.environ | {"PREFECT_API_URL": api, "AGENTALIGN_TEST_MARK": str(workspace)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def finish(process: "subprocess.Popen[bytes]") -> dict[str, object]:
    """Return the object a build prints last."""
    output, told = process.communicate(timeout=240)
    assert process.returncode == 0, told.decode()
    result: dict[str, object] = json.loads(output.splitlines()[-1])
    return result


def journal_size(workspace: Path) -> int:
    """Return how many bytes of answers lie in the journal."""
    return sum(path.stat().st_size for path in workspace.glob("journal/*") if path.exists())


def wait_for_calls(workspace: Path, process: "subprocess.Popen[bytes]") -> float:
    """Return when the first answer was journalled."""
    while journal_size(workspace) == 0:
        assert process.poll() is None, "the build ended before it made a call"
        time.sleep(0.02)
    return time.monotonic()


def alive_with(mark: str) -> list[str]:
    """Return the live processes that were started for a workspace."""
    needle = f"AGENTALIGN_TEST_MARK={mark}\0".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if needle in (entry / "environ").read_bytes() + b"\0":
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def reference(
    prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, float, dict[str, int]]:
    """Build once without a kill: the version, the seconds with calls, the calls."""
    workspace = tmp_path_factory.mktemp("whole") / "w"
    process = start(workspace, prefect_api)
    first = wait_for_calls(workspace, process)
    result = finish(process)
    calls = result["calls"]
    assert isinstance(calls, dict)
    return str(result["version"]), time.monotonic() - first, calls


@pytest.mark.parametrize(("share", "whole_group"), [(0.3, True), (0.7, False)])
def test_a_killed_build_run_again_gives_the_same_version(
    prefect_api: str,
    reference: tuple[str, float, dict[str, int]],
    tmp_path: Path,
    share: float,
    whole_group: bool,
) -> None:
    """No process is left, little is bought twice, and the dataset is the same."""
    version, seconds, calls = reference
    workspace = tmp_path / "w"
    victim = start(workspace, prefect_api)
    time.sleep(max(0.0, wait_for_calls(workspace, victim) + share * seconds - time.monotonic()))
    if whole_group:
        os.killpg(victim.pid, signal.SIGKILL)
    else:
        victim.kill()
    victim.wait()
    assert alive_with(str(workspace)) == []
    result = finish(start(workspace, prefect_api))
    assert result["version"] == version
    again = result["calls"]
    assert isinstance(again, dict)
    assert again["made"] < calls["made"]
