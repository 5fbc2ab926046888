"""Another selection from a pool that is already there: no generation, no model calls."""

from pathlib import Path

from prefect import flow

from flows.dataset import build_in
from schemas.errors import BadInputError
from schemas.params import Balance, BuildParams
from schemas.results import BuildResult, Manifest
from schemas.workspace import Workspace


@flow(name="rebalance")
async def rebalance(
    version: str,
    balance: Balance = Balance(),  # noqa: B008  frozen
    workspace: str = "workspace",
) -> BuildResult:
    """Select a new version from the blocks that an existing one was made from.

    What the pool cannot fill stays short and is reported.

    Raises:
        BadInputError: there is no such version.
        QualityError: a category would fall below its floor.
    """
    place = Workspace(Path(workspace).resolve())
    manifest = read_manifest(place, version)
    params = BuildParams.model_validate(manifest.params).model_copy(update={"balance": balance})
    return await build_in(place, params, lambda category: manifest.blocks.get(category, 1))


def read_manifest(workspace: Workspace, version: str) -> Manifest:
    """Return a version's manifest. Raises: BadInputError if there is none."""
    path = workspace.versions / version / "manifest.json"
    if Path(version).name != version or not path.is_file():
        known = sorted(
            p.name for p in workspace.versions.glob("*") if (p / "manifest.json").exists()
        )
        raise BadInputError(f"no version {version!r} in {workspace.versions}; there are: {known}")
    return Manifest.model_validate_json(path.read_bytes())
