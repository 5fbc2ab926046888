"""A Prefect server of the build's own, which lives and dies with it."""

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import AgentAlignError
from schemas.workspace import Workspace

_HOST = "127.0.0.1"
_PR_SET_PDEATHSIG = 1
_START_TIMEOUT_S = 120.0
_STOP_TIMEOUT_S = 5.0
_POLL_S = 0.05


class ServerError(AgentAlignError):
    """The Prefect server did not come up."""


@dataclass(frozen=True, slots=True)
class Server:
    """A started server; `wait` returns once it answers."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    ready: Path  # there once it has answered

    @property
    def api_url(self) -> str:
        """Where Prefect's client finds it."""
        return f"http://{_HOST}:{self.port}/api"

    def wait(self) -> None:
        """Return when the server is healthy. Raises: ServerError if it ends or takes too long."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not _is_healthy(self.port):
            if self.process.poll() is not None:
                raise ServerError(f"the Prefect server ended while starting; see {self.log}")
            if time.monotonic() > deadline:
                raise ServerError(f"no Prefect server after {_START_TIMEOUT_S:.0f} s; {self.log}")
            time.sleep(_POLL_S)
        self.ready.touch()

    def stop(self) -> None:
        """End the server: gracefully, and if it is not up yet or that takes too long, at once."""
        if self.ready.exists():
            self.process.terminate()
        else:
            self.process.kill()
        try:
            self.process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def client_environment(workspace: Workspace, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what this process has to set before it imports Prefect and its like.

    A server of the user's own (`PREFECT_API_URL`) keeps its home and profile; results lie in
    the workspace in any case.
    """
    env = {
        "PREFECT_LOCAL_STORAGE_PATH": str(workspace.results),
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    if "PREFECT_API_URL" not in environ:
        env["PREFECT_HOME"] = str(workspace.prefect_home)
    return env


def server_environment(workspace: Workspace) -> dict[str, str]:
    """Return the server's settings: its database, and only the services a build needs."""
    return {
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{_database(workspace)}",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        # what Prefect's own temporary server sets: no UI, no schedules, late runs or triggers
        "PREFECT_UI_ENABLED": "0",
        "PREFECT__SERVER_EPHEMERAL": "1",
        "PREFECT__SERVER_FINAL": "1",
        # one transaction for up to a hundred task runs; nobody reads events or reacts to them
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    }


@contextmanager
def own_server(workspace: Workspace) -> Iterator[Server]:
    """Start a server from the main thread; it ends with the block, or with this process."""
    log = workspace.logs / "prefect-server.log"
    ready = ready_mark(workspace)
    if not ready.exists():
        _remove_database(workspace)
    port = _free_port()
    with log.open("ab") as output:
        process = subprocess.Popen(
            _command(port),
            env={**os.environ, **server_environment(workspace)},
            cwd=workspace.prefect_home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for the build, which still has states to report before its server goes
            start_new_session=True,
            preexec_fn=_die_with(os.getpid()),
        )
    server = Server(process, port, log, ready)
    try:
        yield server
    finally:
        server.stop()


def ready_mark(workspace: Workspace) -> Path:
    """Return the file that says that the server's database was set up to the end."""
    return workspace.prefect_home / "ready"


def _database(workspace: Workspace) -> Path:
    return workspace.prefect_home / "prefect.db"


def _remove_database(workspace: Workspace) -> None:
    """Remove a database whose setting up was cut off. It holds run history, no results."""
    for file in workspace.prefect_home.glob(f"{_database(workspace).name}*"):
        file.unlink()


def _command(port: int) -> list[str]:
    app = "prefect.server.api.server:create_app"
    options = ["--host", _HOST, "--port", str(port), "--log-level", "error", "--lifespan", "on"]
    return [sys.executable, "-P", "-m", "uvicorn", app, "--factory", *options]


def _die_with(parent: int) -> Callable[[], None]:
    """Return what ties a child's life to its parent's, run in the child before exec."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def tie() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it died before the tie was made
                os._exit(1)

    return tie


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=5)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
