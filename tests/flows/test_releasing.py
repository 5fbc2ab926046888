"""What a build publishes has one run with all its papers, and becomes the candidate."""

import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson

from schemas.aliases import CANDIDATE
from schemas.results import BuildResult
from schemas.workspace import Workspace
from tasks.doors.aliases import move_alias, read_moves
from tasks.doors.registry import find_run, move_artifacts
from tasks.formats.versions import open_version

Build = Callable[..., Awaitable[BuildResult]]


def papers(workspace: Workspace, version: str) -> Path:
    """Return the folder of the artifacts of a version's run."""
    return workspace.mlflow_artifacts / str(find_run(workspace, version)) / "artifacts"


def test_a_version_has_its_papers(finished: tuple[Path, BuildResult]) -> None:
    """Card, plots, manifest, what the gate found and the report lie in MLflow, and no harm."""
    place, version = Workspace(finished[0]), finished[1].version
    folder = papers(place, version)
    assert sorted(file.name for file in folder.iterdir()) == [
        "README.md", "manifest.json", "plots", "quality.json", "report.html",
    ]  # fmt: skip
    plots = [file.name for file in (folder / "plots").iterdir()]
    assert sorted(plots) == ["calls.png", "categories.png", "composition.png", "drops.png"]
    manifest = open_version(place.versions / version).manifest
    assert {f"plots/{name}" for name in plots} <= {*manifest.files}
    quality = orjson.loads((folder / "quality.json").read_bytes())
    assert quality["result"]["success"] is (not finished[1].warnings)
    assert quality["figures"]["rows"] == sum(finished[1].rows.values())
    page = (folder / "report.html").read_text()
    assert version in page
    assert "masked: harmful request" in page


def test_a_new_version_is_the_candidate(finished: tuple[Path, BuildResult]) -> None:
    """The build moves the alias by itself, in the log and in MLflow."""
    from mlflow import MlflowClient

    place, version = Workspace(finished[0]), finished[1].version
    (move,) = read_moves(place)
    assert (move.alias, move.version, move.before, move.by) == (CANDIDATE, version, None, "build")
    run = MlflowClient(place.mlflow_uri).get_run(str(find_run(place, version)))
    assert run.data.tags["agentalign.alias.candidate"] == f"since {move.at}, by build"


async def test_the_candidate_follows_new_versions_alone(
    build: Build, workspace: Path, first: BuildResult
) -> None:
    """A version that is new gets the alias; building an older one again gives it nothing back."""
    place = Workspace(workspace)
    other = await build(workspace, "balance.harmful=20")
    assert read_moves(place)[-1].version == other.version
    await build(workspace)
    assert [move.version for move in read_moves(place)] == [first.version, other.version]


async def test_what_somebody_chose_stays(build: Build, workspace: Path, first: BuildResult) -> None:
    """An unchanged build does not take the alias from the version a person gave it to."""
    place = Workspace(workspace)
    move_alias(place, CANDIDATE, "chosen", "sam")
    again = await build(workspace)
    assert again.version == first.version
    assert read_moves(place)[-1].version == "chosen"


RELEASE = """
import sys
from pathlib import Path
from tasks.formats.versions import find_version
from flows.releasing import release
from schemas.workspace import Workspace
place = Workspace(Path(sys.argv[1]))
release(place, find_version(place, sys.argv[2]).manifest)
"""


def test_what_was_cut_off_is_done_by_the_next_build(workspace: Path, first: BuildResult) -> None:
    """A build that died between publishing and its papers leaves no version without them."""
    place = Workspace(workspace)
    place.aliases.unlink()
    move_artifacts(place, workspace)  # the fixture's workspace is a copy
    page = papers(place, first.version) / "report.html"
    page.unlink()
    # a process of its own, as MLflow remembers where the artifacts of a run lie
    command = [sys.executable, "-c", RELEASE, str(workspace), first.version]
    subprocess.run(command, check=True, capture_output=True)
    assert [move.version for move in read_moves(place)] == [first.version]
    assert page.is_file()


async def test_publishing_again_makes_up_for_a_lost_run(
    workspace: Path, first: BuildResult
) -> None:
    """Where the history in MLflow is gone the version gets its run, papers and tags anew."""
    from flows.publish import publish
    from schemas.settings import load_params

    place = Workspace(workspace)
    shutil.rmtree(workspace / "mlflow")
    result: BuildResult = await publish(load_params("smoke"), str(workspace))
    assert (result.version, result.calls.made) == (first.version, 0)
    assert (papers(place, first.version) / "report.html").is_file()
    assert len(read_moves(place)) == 1
