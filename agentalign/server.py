"""A Prefect server of the build's own, which lives and dies with it.

Its database is that of the server of `agentalign up`, so that a build's run shows there later. One
server has it at a time: it holds a lock on it, which the kernel lets go of.
"""

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from agentalign.operating.http import ask
from schemas.errors import AgentAlignError
from schemas.workspace import Workspace

_HOST = "127.0.0.1"
_PR_SET_PDEATHSIG = 1
_START_TIMEOUT_S = 120.0
_STOP_TIMEOUT_S = 5.0
_POLL_S = 0.05
_LOCK_TIMEOUT_S = 10.0  # in which the server of a build that just ended is gone

# what names the database of a server, by Prefect's own names for it
DATABASE_SETTINGS = (
    "PREFECT_SERVER_DATABASE_CONNECTION_URL",
    "PREFECT_API_DATABASE_CONNECTION_URL",
)


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
        while ask(_HOST, self.port, "/api/health")[0] != HTTPStatus.OK:
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
        # a run's log is on its page, and not in the terminal
        "PREFECT_LOGGING_LOGGERS_PREFECT_FLOW_RUNS_LEVEL": "INFO",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",
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
        **database_environment(workspace, {}),
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


def database_environment(workspace: Workspace, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what names the server's database: the workspace's file, unless the user named one."""
    if any(name in environ for name in DATABASE_SETTINGS):
        return {}
    return dict.fromkeys(DATABASE_SETTINGS, f"sqlite+aiosqlite:///{database_of(workspace)}")


@contextmanager
def hold_database(workspace: Workspace) -> Iterator[int]:
    """Hold the database for a server, which is to be given the file descriptor.

    Raises:
        ServerError: another server has it.
    """
    with (workspace.prefect_home / "server.lock").open("a") as file:
        deadline = time.monotonic() + _LOCK_TIMEOUT_S
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline:
                raise ServerError(
                    f"another Prefect server has the database {database_of(workspace)}: that of a"
                    " build, which ends with it, or one that `agentalign down` ends"
                )
            time.sleep(_POLL_S)
        yield file.fileno()


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def own_server(workspace: Workspace) -> Iterator[Server]:
    """Start a server from the main thread; it ends with the block, or with this process."""
    log = workspace.logs / "prefect-server.log"
    port = _free_port()
    with log.open("ab") as output, hold_database(workspace) as lock:
        remove_half_database(workspace)
        process = subprocess.Popen(
            server_command(_HOST, port),
            env={**os.environ, **server_environment(workspace)},
            cwd=workspace.prefect_home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[lock],
            # Ctrl-C is for the build, which still has states to report before its server goes
            start_new_session=True,
            preexec_fn=_die_with(os.getpid()),
        )
    server = Server(process, port, log, ready_mark(workspace))
    try:
        yield server
    finally:
        server.stop()


def ready_mark(workspace: Workspace) -> Path:
    """Return the file that says that the server's database was set up to the end."""
    return workspace.prefect_home / "ready"


def database_of(workspace: Workspace) -> Path:
    """Return the file of the server's database."""
    return workspace.prefect_home / "prefect.db"


def remove_half_database(workspace: Workspace) -> None:
    """Remove a database whose setting up was cut off. It holds run history, no results."""
    if not ready_mark(workspace).exists():
        for file in workspace.prefect_home.glob(f"{database_of(workspace).name}*"):
            file.unlink()


def server_command(host: str, port: int) -> list[str]:
    """Return the command that serves Prefect's API, and its UI unless that is switched off."""
    app = "prefect.server.api.server:create_app"
    options = ["--host", host, "--port", str(port), "--log-level", "error", "--lifespan", "on"]
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
