"""Flow runs as the Prefect server knows them: started, read, and retried through its client."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterId,
    LogFilter,
    LogFilterFlowRunId,
)
from prefect.client.schemas.objects import FlowRun, TaskRun
from prefect.flow_engine import run_flow_async
from prefect.flows import Flow
from prefect.states import AwaitingRetry

_TRIES, _PAUSE_S = 500, 0.2


@dataclass(frozen=True, slots=True)
class Page:
    """The artifacts of a flow run by key, links as what they say."""

    artifacts: dict[str, Any]

    @property
    def summary(self) -> str:
        """The summary's Markdown."""
        return str(self.artifacts["summary"])

    @property
    def yields(self) -> dict[str, dict[str, Any]]:
        """The table's rows by stage."""
        return {row["stage"]: row for row in orjson.loads(self.artifacts["yields"])}

    @property
    def calls_made(self) -> int:
        """What the summary says was bought."""
        found = re.search(r"\*\*([\d,]+) calls made\*\*", self.summary)
        assert found, self.summary
        return int(found[1].replace(",", ""))

    @property
    def calls_saved(self) -> int:
        """What the summary says was not bought again."""
        found = re.search(r"([\d,]+) saved", self.summary)
        assert found, self.summary
        return int(found[1].replace(",", ""))


async def start(flow: Flow[..., Any], **parameters: Any) -> FlowRun:  # noqa: ANN401  the flow's
    """Run a flow as a worker does, whatever becomes of it; return the run as it ended."""
    async with get_client() as client:
        run = await client.create_flow_run(flow, parameters=parameters)
    return await resume(flow, run)


async def schedule(flow: Flow[..., Any], **parameters: Any) -> FlowRun:  # noqa: ANN401
    """Return a run of a deployment of the flow, not yet started."""
    async with get_client() as client:
        found = await client.create_deployment(await client.create_flow(flow), name="asked")
        return await client.create_flow_run_from_deployment(found, parameters=parameters)


async def wait_until(run: UUID, state: str) -> FlowRun:
    """Return a flow run once it is in a state."""
    for _ in range(_TRIES):
        found = await read_run(run)
        if found.state_name == state:
            return found
        await asyncio.sleep(_PAUSE_S)
    raise AssertionError(f"{found.state_name} instead of {state}")


async def resume(flow: Flow[..., Any], run: FlowRun) -> FlowRun:
    """Run a flow run that is scheduled; return it as it ended."""
    given = flow.validate_parameters(run.parameters)
    await run_flow_async(flow, flow_run=run, parameters=given, return_type="state")
    return await read_run(run.id)


async def retry(flow: Flow[..., Any], run: FlowRun) -> FlowRun:
    """Retry a failed flow run as the UI's button does; return it as it ended."""
    async with get_client() as client:
        await client.set_flow_run_state(run.id, AwaitingRetry())
        return await resume(flow, await client.read_flow_run(run.id))


async def read_run(run: UUID) -> FlowRun:
    """Return a flow run as it is now."""
    async with get_client() as client:
        return await client.read_flow_run(run)


async def page_of(run: UUID) -> Page:
    """Return what a flow run left; of each key the newest."""
    of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
    async with get_client() as client:
        found = await client.read_artifacts(artifact_filter=of_run)
    found = sorted(found, key=lambda each: each.created)  # type: ignore[arg-type,return-value]
    return Page({str(each.key): each.data for each in found})


async def task_runs_of(run: UUID) -> list[TaskRun]:
    """Return the task runs of a flow run, once the server knows how all of them ended."""
    of_run = FlowRunFilter(id=FlowRunFilterId(any_=[run]))
    async with get_client() as client:
        for _ in range(_TRIES):
            found = await client.read_task_runs(flow_run_filter=of_run, limit=200)
            if all(each.state and each.state.is_final() for each in found):
                break
            await asyncio.sleep(_PAUSE_S)
    return found


async def log_of(run: UUID, last: str) -> list[str]:
    """Return the messages of a flow run's log, once the server has the last one."""
    of_run = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run]))
    async with get_client() as client:
        for _ in range(_TRIES):
            found = [each.message for each in await client.read_logs(of_run)]
            if last in found:
                break
            await asyncio.sleep(_PAUSE_S)
    return found


async def form_of(run: UUID) -> dict[str, Any]:
    """Return the JSON Schema of the form that a paused run shows."""
    async with get_client() as client:
        found = await client.read_flow_run(run)
        assert found.state is not None
        keys = found.state.state_details.run_input_keyset
        assert keys is not None
        text = await client.read_flow_run_input(run, keys["schema"])
    schema: dict[str, Any] = orjson.loads(text)
    return schema
