"""Another selection from a pool that is already there: no generation, no model calls."""

from prefect import flow

from flows.dataset import build_in
from schemas.params import Balance, BuildParams
from schemas.results import BuildResult
from schemas.workspace import place_of
from tasks.formats.versions import find_version


@flow(name="rebalance")
async def rebalance(
    version: str = "",
    balance: Balance = Balance(),  # noqa: B008  frozen
    workspace: str = "workspace",
) -> BuildResult:
    """Select a new version from the blocks that an existing one was made from.

    What the pool cannot fill stays short and is reported.

    Args:
        version: A version or the start of its name; empty: the newest.
        balance: What the new version holds.
        workspace: The folder with the store; the worker has to reach it.

    Raises:
        BadInputError: there is no such version.
        QualityError: a category would fall below its floor.
    """
    place = place_of(workspace)
    manifest = find_version(place, version or None).manifest
    params = BuildParams.model_validate(manifest.params).model_copy(update={"balance": balance})
    return await build_in(place, params, lambda category: manifest.blocks.get(category, 1))
