"""Starts what is missing of an `up`, and waits until all of it is healthy."""

import asyncio
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from agentalign.operating.lost_runs import report_lost_runs
from agentalign.operating.ports import check_free
from agentalign.operating.processes import began, end, find, find_leader, is_of, start
from agentalign.operating.record import (
    Record,
    load_record,
    new_record,
    one_at_a_time,
    save_record,
)
from agentalign.operating.services import POOL, Service, services
from agentalign.server import (
    client_environment,
    database_environment,
    hold_database,
    ready_mark,
    remove_half_database,
)
from schemas.errors import AgentAlignError
from schemas.workspace import Workspace

_TIMEOUT_S = 120.0
_POLL_S = 0.1
_GRACE_S = 2.0
PREFECT_PORT, MLFLOW_PORT, HOST = 4200, 5000, "127.0.0.1"

State = Literal["started", "was running"]


class NotUpError(AgentAlignError):
    """A service ended while it started, or does not answer."""


@dataclass(frozen=True, slots=True)
class Running:
    """A healthy service."""

    service: Service
    state: State
    pid: int


@dataclass(frozen=True, slots=True)
class Up:
    """All that runs, and the deployments that are registered."""

    record: Record
    running: Sequence[Running]
    deployments: Sequence[str]


def bring_up(
    workspace: Workspace, host: str | None, prefect_port: int | None, mlflow_port: int | None
) -> Up:
    """Start what is missing, register the deployments, and return what runs.

    Args:
        workspace: a prepared workspace.
        host: where to listen; None leaves it where it is, on loopback at first.
        prefect_port: None leaves it where it is, at Prefect's own at first.
        mlflow_port: None leaves it where it is, at MLflow's own at first.

    Raises:
        PortTakenError: something else listens there.
        NotUpError: a service does not get well; the others stay, `down` ends them.
    """
    with one_at_a_time(workspace):
        record = _choose(workspace, host, prefect_port, mlflow_port)
        nothing_ran = not find(record.token)
        server, mlflow, *workers = services(workspace, record)
        os.environ.update(client_environment(workspace, {}) | {"PREFECT_API_URL": record.api_url})
        for service in (server, mlflow):
            _clear_port(record, service)
        save_record(workspace, record)
        with ThreadPoolExecutor() as pool:
            tracking = pool.submit(_start_mlflow, workspace, record, mlflow)
            first = _start_server(workspace, record, server)
            from flows.deploying import deploy_all, make_pool  # takes seconds, as the server does

            _wait(record, first)
            if database_environment(workspace, os.environ):  # it is in the workspace
                ready_mark(workspace).touch()
            asyncio.run(make_pool(POOL))
            if nothing_ran:
                report_lost_runs(record, "its worker is gone; retry it to go on")
            last = [_start(record, service) for service in workers]
            deployments = asyncio.run(deploy_all(_project(), workspace))
            running = [first, tracking.result(), *last]
        for each in running:
            _wait(record, each)
        return Up(record, running, deployments)


def _project() -> Path:
    """Return the folder with prefect.yaml. Raises: AgentAlignError."""
    root = Path(__file__).resolve().parents[2]
    if not (root / "prefect.yaml").is_file():
        msg = f"no prefect.yaml in {root}: `agentalign up` needs a checkout of the project"
        raise AgentAlignError(msg)
    return root


def _choose(
    workspace: Workspace, host: str | None, prefect_port: int | None, mlflow_port: int | None
) -> Record:
    """Return the record that there is, or that of a new `up` where nothing runs any more."""
    was = load_record(workspace)
    if was is None or not find(was.token):
        return new_record(host or HOST, prefect_port or PREFECT_PORT, mlflow_port or MLFLOW_PORT)
    asked = (host or was.host, prefect_port or was.prefect_port, mlflow_port or was.mlflow_port)
    if asked != (was.host, was.prefect_port, was.mlflow_port):
        raise AgentAlignError(
            f"this workspace is up at {was.host}, ports {was.prefect_port} and"
            f" {was.mlflow_port}; run `agentalign down` before you change them"
        )
    return was


def _clear_port(record: Record, service: Service) -> None:
    """End what a service that is gone left behind. Raises: PortTakenError if that is not all."""
    if service.port is not None and not _leader(record, service):
        end([each for each in find(record.token) if is_of(each, service.name)], _GRACE_S)
        check_free(record.host, service.port, service.option)


def _leader(record: Record, service: Service) -> psutil.Process | None:
    return find_leader(record.token, service.name, service.command)


def _start_server(workspace: Workspace, record: Record, server: Service) -> Running:
    if _leader(record, server):
        return _start(record, server)
    own = not database_environment(workspace, os.environ)
    lock: AbstractContextManager[int | None] = nullcontext() if own else hold_database(workspace)
    with lock as descriptor:
        if descriptor is None:
            return _start(record, server)
        remove_half_database(workspace)
        return _start(record, server, [descriptor])


def _start_mlflow(workspace: Workspace, record: Record, mlflow: Service) -> Running:
    if not _leader(record, mlflow):
        from tasks.doors import registry

        registry.prepare(workspace)
    return _start(record, mlflow)


def _start(record: Record, service: Service, pass_fds: Sequence[int] = ()) -> Running:
    """Start a service unless it runs."""
    if there := _leader(record, service):
        return Running(service, "was running", there.pid)
    cwd = service.log.parents[1]
    pid = start(service.command, service.environ, service.log, cwd, pass_fds)
    return Running(service, "started", pid)


def _wait(record: Record, running: Running) -> None:
    """Return when a service is healthy. Raises: NotUpError."""
    service, deadline = running.service, time.monotonic() + _TIMEOUT_S
    while True:
        process = _leader(record, service)
        if process is None:
            raise NotUpError(
                f"{service.name} ended while it started; {service.log} says why."
                " `agentalign down` ends what is up, `agentalign up` tries again"
            )
        if service.is_healthy(began(process)):
            return
        if time.monotonic() > deadline:
            msg = f"{service.name} is not healthy after {_TIMEOUT_S:.0f} s; see {service.log}"
            raise NotUpError(msg)
        time.sleep(_POLL_S)
