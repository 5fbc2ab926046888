"""Registers the deployments of prefect.yaml for one workspace, all in one process."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from prefect import Flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyOptions, DeploymentSchedule
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.utilities.callables import parameter_schema
from prefect.utilities.importtools import import_object
from prefect.workers.process import ProcessWorker
from pydantic import BaseModel

from flows import warm_client
from schemas.ids import digest
from schemas.workspace import Workspace

Entry = Mapping[str, Any]

_COMMAND = ("-I", "-S", str(Path(warm_client.__file__)))
_ABOUT = "Runs on this machine, as processes of the worker that `agentalign up` starts."


def names_of(root: Path) -> list[str]:
    """Return the names of the deployments that `root`/prefect.yaml declares."""
    return [f"{_flow(entry).name}/{entry['name']}" for entry in _entries(root)]


async def make_pool(name: str) -> None:
    """Create a work pool, unless it is there."""
    template = ProcessWorker.get_default_base_job_template()
    pool = WorkPoolCreate(name=name, type="process", description=_ABOUT, base_job_template=template)
    async with get_client() as client:
        try:
            await client.create_work_pool(pool)
        except ObjectAlreadyExists:
            return


async def deploy_all(root: Path, workspace: Workspace) -> list[str]:
    """Register the deployments of `root`/prefect.yaml; return their names, `flow/deployment`.

    One that is there as it is declared is left alone, with what was changed of it in the UI.
    """
    async with get_client() as client:
        return [await _register(client, entry, root, workspace) for entry in _entries(root)]


def _entries(root: Path) -> list[Entry]:
    declared: dict[str, list[Entry]] = yaml.safe_load((root / "prefect.yaml").read_text("utf-8"))
    return declared["deployments"]


def _flow(entry: Entry) -> Flow[..., Any]:
    flow: Flow[..., Any] = import_object(entry["entrypoint"])
    return flow


async def _register(client: PrefectClient, entry: Entry, root: Path, workspace: Workspace) -> str:
    flow = _flow(entry)
    declared = _declare(entry, flow, root, workspace)
    version, name = digest(declared)[:12], f"{flow.name}/{entry['name']}"
    try:
        known = await client.read_deployment_by_name(name)
    except ObjectNotFound:
        schedules = [_schedule(each) for each in entry.get("schedules", ())]
    else:
        if known.version == version:
            return name
        schedules = [_kept(each) for each in known.schedules]
    await client.create_deployment(
        await client.create_flow_from_name(flow.name),
        version=version,
        schedules=schedules,
        concurrency_options=ConcurrencyOptions(
            collision_strategy=entry["concurrency_limit"]["collision_strategy"]
        ),
        enforce_parameter_schema=True,
        **declared,
    )
    return name


def _declare(
    entry: Entry, flow: Flow[..., Any], root: Path, workspace: Workspace
) -> dict[str, Any]:
    """Return a deployment as it is registered; forms show all of its parameters, with values.

    With a command of its own a run starts at once: otherwise Prefect first starts a process that
    looks where its code is. This command needs no site packages (`-S`).
    """
    given = flow.validate_parameters({**entry["parameters"], "workspace": str(workspace.root)})
    variables = entry["work_pool"]["job_variables"]
    storage = {"PREFECT_LOCAL_STORAGE_PATH": str(workspace.results)}
    return {
        "name": entry["name"],
        "entrypoint": entry["entrypoint"],
        "description": entry["description"],
        "tags": entry["tags"],
        "work_pool_name": entry["work_pool"]["name"],
        "concurrency_limit": entry["concurrency_limit"]["limit"],
        "parameters": {name: _plain(value) for name, value in given.items()},
        "parameter_openapi_schema": parameter_schema(flow).model_dump_for_openapi(),
        "job_variables": {
            "command": shlex.join([sys.executable, *_COMMAND]),
            "working_dir": str(root),
            "env": {**variables["env"], **storage},
        },
    }


def _plain(value: object) -> object:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def _kept(known: DeploymentSchedule) -> DeploymentScheduleCreate:
    """Return a schedule as somebody may have set it in the UI."""
    return DeploymentScheduleCreate(
        schedule=known.schedule,
        active=known.active,
        slug=known.slug,
        parameters=known.parameters,
    )


def _schedule(entry: Entry) -> DeploymentScheduleCreate:
    cron = CronSchedule(cron=entry["cron"], timezone=entry["timezone"])
    return DeploymentScheduleCreate(schedule=cron, active=entry["active"], slug=entry["slug"])
