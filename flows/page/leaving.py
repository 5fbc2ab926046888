"""Leaves a run's page with the Prefect server: few artifacts, under keys that stay the same."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
from prefect.artifacts import Artifact, LinkArtifact, MarkdownArtifact, TableArtifact
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectException
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from flows.page.facts import RunFacts, facts_of
from flows.page.progress import keep_progress
from flows.page.summary import Place, list_yields, place_of_file, write_summary
from flows.quality_report import report_of
from flows.stages import Stages
from schemas.errors import AgentAlignError, describe_error
from schemas.workspace import Workspace
from tasks.doors import registry

MLFLOW_URL = "AGENTALIGN_MLFLOW_URL"  # where `agentalign up` serves MLflow's pages


@asynccontextmanager
async def keep_page(stages: Stages, *, last: bool) -> AsyncIterator[None]:
    """Keep the run's page while the block runs; leave it when that fails or is the `last`."""
    if not flow_run.id:
        yield
        return
    async with keep_progress(stages):
        try:
            yield
        except Exception as exc:
            await _leave(stages, describe_error(exc))
            raise
    if last:
        await _leave(stages)


async def _leave(stages: Stages, error: str = "") -> None:
    facts = facts_of(stages, error)
    try:
        places = await asyncio.to_thread(_find_places, facts, stages.context.workspace)
        artifacts = list_artifacts(facts, places)
        async with get_client() as client:
            await asyncio.gather(*(each.acreate(client) for each in artifacts))
    except (AgentAlignError, OSError, PrefectException, httpx.HTTPError) as exc:
        # what was built is no worse for it
        get_run_logger().warning("this run has no page: %s", type(exc).__name__)


def list_artifacts(facts: RunFacts, places: Sequence[Place]) -> list[Artifact]:
    """Return the artifacts of a run that ends: summary, yields, and a link to each place."""
    about = "What each stage gave, and what it took"
    return [
        MarkdownArtifact(key="summary", markdown=write_summary(facts, places)),
        TableArtifact(key="yields", table=list_yields(facts), description=about),
        *(LinkArtifact(key=each.name, link=each.address, link_text=each.shown) for each in places),
    ]


def _find_places(facts: RunFacts, workspace: Workspace) -> list[Place]:
    """Return where the version is, its report and its MLflow run, as far as they are there.

    Raises:
        AgentAlignError: the tracking database can't be read.
    """
    if facts.manifest is None:
        return []
    name = facts.manifest.version
    places = [place_of_file("version", workspace.versions / name)]
    if (page := report_of(workspace, name)).exists():
        places.append(place_of_file("report", page))
    if (url := os.environ.get(MLFLOW_URL)) and (run := registry.find_page(workspace, name)):
        places.append(Place("mlflow", name, f"{url}/{run}"))
    return places
