"""Publishes again what is already made: no generation, no model calls."""

from prefect import flow

from flows.dataset import build_in
from schemas.params import BuildParams
from schemas.results import BuildResult
from schemas.workspace import place_of


@flow(name="publish")
async def publish(
    params: BuildParams = BuildParams(),  # noqa: B008  frozen
    workspace: str = "workspace",
) -> BuildResult:
    """Publish the version that parameters stand for from what the store holds of it.

    For a version whose folder or MLflow run is gone: what is missing of it is made again, what
    is there stays.

    Args:
        params: Those that the version was built with.
        workspace: The folder with the store; the worker has to reach it.

    Raises:
        StoppedError: the store lacks an answer, which a build would ask a model for.
        AgentAlignError: as a build does.
    """
    return await build_in(place_of(workspace), params, again=True)
