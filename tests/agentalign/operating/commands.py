"""Commands as a user calls them, on ports that are free."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"


def free_port() -> int:
    """Return a port that nothing listens at."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def given_ports() -> list[str]:
    """Return options of `up`: the Prefect server's port is the second, MLflow's the fourth."""
    return ["--prefect-port", str(free_port()), "--mlflow-port", str(free_port())]


def command_of(workspace: Path, *arguments: str) -> list[str]:
    """Return a command of this environment, over a workspace."""
    script = Path(sys.executable).parent / "agentalign"
    return [str(script), *arguments, "--workspace", str(workspace)]


def environment() -> dict[str, str]:
    """Return the environment without what a Prefect test harness put into it."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}


def run_in(workspace: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; its exit code may be any."""
    command = command_of(workspace, *arguments)
    return subprocess.run(
        command, env=environment(), text=True, capture_output=True, timeout=280, check=False
    )


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return what a command that went well printed with --json."""
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
