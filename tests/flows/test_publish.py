import shutil
from pathlib import Path

import pytest

from schemas.errors import StoppedError
from schemas.results import BuildResult
from schemas.settings import load_params
from schemas.workspace import Workspace
from tasks.doors.registry import find_run
from tasks.formats.versions import open_version


async def publish(workspace: Path, *sets: str) -> BuildResult:
    from flows.publish import publish

    result: BuildResult = await publish(load_params("smoke", None, sets), str(workspace))
    return result


async def test_what_is_missing_of_a_version_is_made_again(
    first: BuildResult, workspace: Path
) -> None:
    """Folder and MLflow run come back under the same name, without a call."""
    place = Workspace(workspace)
    shutil.rmtree(place.versions / first.version)
    shutil.rmtree(workspace / "mlflow")
    result = await publish(workspace)
    assert (result.version, result.calls.made) == (first.version, 0)
    assert find_run(place, first.version)
    manifest = open_version(place.versions / first.version).manifest
    assert manifest.params["limits"] == load_params("smoke").limits.model_dump(mode="json")


async def test_no_model_is_asked(workspace: Path) -> None:
    """Parameters whose answers are not there are refused, whatever their own limit is."""
    with pytest.raises(StoppedError):
        await publish(workspace, "instructions.temperature=0.9", "limits.max_calls=100000")
