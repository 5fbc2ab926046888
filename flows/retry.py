"""Asks once more for the items that failed; everything else comes from the caches."""

from contextlib import suppress

from prefect import flow

from flows.assembly import assemble
from flows.dataset import build_in, open_stages_of
from schemas.errors import QualityError
from schemas.params import BuildParams
from schemas.results import BuildResult
from schemas.workspace import Workspace, place_of


@flow(name="retry-failed")
async def retry_failed(
    params: BuildParams = BuildParams(),  # noqa: B008  frozen
    workspace: str = "workspace",
) -> BuildResult:
    """Build again, with one more try for every item that failed or could not be judged.

    Args:
        params: Those of the build.
        workspace: The folder with the store; the worker has to reach it.

    Raises:
        AgentAlignError: as a build does.
    """
    place = place_of(workspace)
    retried = await raise_epochs(place, params)
    result = await build_in(place, params)
    return result.model_copy(update={"retried": retried})


async def raise_epochs(workspace: Workspace, params: BuildParams) -> dict[str, int]:
    """Allow one more try in the stages that have failed items; return how many there are."""
    async with open_stages_of(workspace, params) as stages:
        with suppress(QualityError):  # a floor that is missed is no reason not to try again
            await assemble(stages, stages.context.params, lambda _: params.pool.max_blocks)
        failed = {report.stage: report.failed for report in stages.ledger.reports()}
        concerned = {stage: count for stage, count in failed.items() if count}
        await stages.context.store.raise_epochs(list(concerned))
        return concerned
