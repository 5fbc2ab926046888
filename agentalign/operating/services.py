"""The three services: how each is started, and by what it is known to be healthy."""

import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from agentalign.memory import ARROW_ENVIRONMENT
from agentalign.operating.http import ask
from agentalign.operating.processes import SERVICE, TOKEN
from agentalign.operating.record import Record
from agentalign.server import client_environment, database_environment, server_command
from flows.warm_client import SOCKET
from schemas.workspace import Workspace

POOL = "agentalign"  # as prefect.yaml names it
WORKER = "agentalign"
HAS_WARM = sys.platform == "linux"  # it forks, and its socket has no file
ANY_ADDRESS = ("0.0.0.0", "::")


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `address` is what people open; `port` is None where nothing is served."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    address: str
    port: int | None
    option: str  # that gives it another port
    is_healthy: Callable[[datetime], bool]  # given since when its process runs


def services(workspace: Workspace, record: Record) -> tuple[Service, ...]:
    """Return the services of an `up`, in the order in which they can be started."""
    makers = (_server, _mlflow, _warm, _worker) if HAS_WARM else (_server, _mlflow, _worker)
    return tuple(make(workspace, record) for make in makers)


def _server(workspace: Workspace, record: Record) -> Service:
    shown = socket.gethostname() if record.host in ANY_ADDRESS else record.here
    given = os.environ.get("PREFECT_UI_API_URL")
    environ = {
        **_common(workspace, record, "prefect"),
        **database_environment(workspace, os.environ),
        "PREFECT_UI_API_URL": given or f"http://{shown}:{record.prefect_port}/api",
        "PREFECT_UI_STATIC_DIRECTORY": str(workspace.prefect_home / "ui"),
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        # one transaction for up to a hundred task runs
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    }
    return Service(
        name="prefect",
        command=server_command(record.host, record.prefect_port),
        environ=environ,
        log=workspace.logs / "prefect.log",
        address=f"http://{record.here}:{record.prefect_port}",
        port=record.prefect_port,
        option="--prefect-port",
        is_healthy=lambda _: _answers(record, record.prefect_port, "/api/health"),
    )


def _mlflow(workspace: Workspace, record: Record) -> Service:
    command = [
        sys.executable, "-P", "-m", "mlflow", "server", "--workers", "1",
        "--host", record.host, "--port", str(record.mlflow_port),
        "--backend-store-uri", workspace.mlflow_uri,
        "--artifacts-destination", str(workspace.mlflow_artifacts),
    ]  # fmt: skip
    environ = {
        **_common(workspace, record, "mlflow"),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    return Service(
        name="mlflow",
        command=command,
        environ=environ,
        log=workspace.logs / "mlflow.log",
        address=f"http://{record.here}:{record.mlflow_port}",
        port=record.mlflow_port,
        option="--mlflow-port",
        is_healthy=lambda _: _answers(record, record.mlflow_port, "/health"),
    )


def _warm(workspace: Workspace, record: Record) -> Service:
    """Return the process that flow runs are forked from."""
    return Service(
        name="warm",
        command=[sys.executable, "-P", "-m", "flows.warm"],
        environ=_running(workspace, record, "warm"),
        log=workspace.logs / "worker.log",
        address="runs are forked from it",
        port=None,
        option="",
        is_healthy=lambda _: _listens(record),
    )


def _worker(workspace: Workspace, record: Record) -> Service:
    command = [
        sys.executable, "-P", "-m", "prefect", "worker", "start",
        "--pool", POOL, "--type", "process", "--name", WORKER,
    ]  # fmt: skip
    return Service(
        name="worker",
        command=command,
        environ=_running(workspace, record, "worker"),
        log=workspace.logs / "worker.log",
        address=f"pool {POOL}",
        port=None,
        option="",
        is_healthy=lambda began: _is_online(record, began),
    )


def _running(workspace: Workspace, record: Record, name: str) -> dict[str, str]:
    """Return the environment of runs, and of what starts them."""
    return {
        **_common(workspace, record, name),
        **ARROW_ENVIRONMENT,
        SOCKET: f"agentalign-{record.token}",
        "PREFECT_LOGGING_LEVEL": "INFO",
        # how soon a run starts that was asked for
        "PREFECT_WORKER_QUERY_SECONDS": "0.5",
    }


def _common(workspace: Workspace, record: Record, name: str) -> dict[str, str]:
    """Return the user's own environment, with the workspace's places and the mark of this `up`."""
    own = {key: value for key, value in os.environ.items() if key != "PREFECT_API_URL"}
    return {
        **own,
        **client_environment(workspace, {}),
        "PREFECT_API_URL": record.api_url,
        # where a run's page links the version's run of MLflow to
        "AGENTALIGN_MLFLOW_URL": f"http://{record.here}:{record.mlflow_port}",
        TOKEN: record.token,
        SERVICE: name,
    }


def _answers(record: Record, port: int, path: str) -> bool:
    status, _ = ask(record.here, port, path)
    return status == HTTPStatus.OK


def _listens(record: Record) -> bool:
    """Whether somebody listens at the socket of warm runs."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(f"\0agentalign-{record.token}") == 0


def _is_online(record: Record, began: datetime) -> bool:
    """Whether the server has heard of the worker since it began."""
    path = f"/api/work_pools/{POOL}/workers/filter"
    _, found = ask(record.here, record.prefect_port, path, {})
    mine = [each for each in found if each["name"] == WORKER] if isinstance(found, list) else []
    return any(datetime.fromisoformat(each["last_heartbeat_time"]) >= began for each in mine)
