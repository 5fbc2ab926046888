"""Collecting and restoring: what stays, or comes back, is built again without a single call."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
import pytest

from agentalign.archiving.reading import read_backup
from agentalign.archiving.writing import write_backup
from agentalign.collecting.collect import Collected, collect
from schemas.errors import WorkspaceBusyError
from schemas.results import BuildResult
from schemas.workspace import Workspace
from tasks.doors.aliases import move_alias
from tasks.doors.registry import find_run
from tasks.formats.versions import list_versions
from tasks.holding import hold_workspace
from tests.flows.conftest import build_smoke

Build = Callable[..., Awaitable[BuildResult]]
# three builds that share the chains, and little else
SECOND, THIRD = "instructions.temperature=0.4", "instructions.temperature=0.6"


def gc(workspace: Path, keep: int = 1, *, dry_run: bool = False) -> Collected:
    return collect(Workspace(workspace), keep=keep, dry_run=dry_run)


def names(workspace: Path) -> set[str]:
    return {version.name for version in list_versions(Workspace(workspace))}


@pytest.fixture(scope="module")
def built(
    finished: tuple[Path, BuildResult], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[BuildResult]]:
    """Build two more versions beside the session's; nothing may change this workspace."""
    workspace = Path(shutil.copytree(finished[0], tmp_path_factory.mktemp("three") / "w"))
    more = [asyncio.run(build_smoke(workspace, sets)) for sets in (SECOND, THIRD)]
    return workspace, [finished[1], *more]


@pytest.fixture
def three(built: tuple[Path, list[BuildResult]], tmp_path: Path) -> tuple[Path, list[BuildResult]]:
    """Return a workspace with three versions, and how they were built."""
    return Path(shutil.copytree(built[0], tmp_path / "three")), built[1]


async def test_what_stays_is_rebuilt_without_a_call(
    build: Build, three: tuple[Path, list[BuildResult]]
) -> None:
    """The newest and the one in training stay, every stage a hit; the one between is gone."""
    workspace, (one, two, newest) = three
    move_alias(Workspace(workspace), "training", one.version, "sam")
    planned = gc(workspace, dry_run=True)
    assert names(workspace) == {one.version, two.version, newest.version}
    found = gc(workspace)
    assert (found.gone, found.rows, found.versions) == (
        planned.gone,
        planned.rows,
        planned.versions,
    )
    assert found.size == pytest.approx(planned.size, abs=2**20)  # the store's in whole blocks
    assert found.kept == {
        newest.version: ("one of the newest", "candidate"), one.version: ("training",),
    }  # fmt: skip
    assert found.answers.count > two.calls.made / 2
    assert found.results.count > 0
    assert names(workspace) == {one.version, newest.version}
    for result, sets in ((one, ()), (newest, (THIRD,))):
        again = await build(workspace, *sets)
        assert (again.version, again.calls.made) == (result.version, 0)
        assert [stage.stage for stage in again.stages if not stage.cache_hit] == []
    back = await build(workspace, SECOND)
    assert back.version == two.version
    assert 0 < back.calls.made <= two.calls.made
    assert find_run(Workspace(workspace), two.version)


async def test_a_run_that_trained_on_a_version_keeps_it(
    three: tuple[Path, list[BuildResult]],
) -> None:
    """The input of somebody's run in MLflow stays, and is said to be one."""
    from mlflow import MlflowClient
    from mlflow.entities import Dataset, DatasetInput

    workspace, (one, two, _) = three
    client = MlflowClient(Workspace(workspace).mlflow_uri)
    run = client.create_run(client.create_experiment("tuning"), run_name="tuned")
    dataset = Dataset(name=one.version, digest="d", source_type="local", source="{}")
    client.log_inputs(run.info.run_id, [DatasetInput(dataset, [])])
    found = gc(workspace)
    assert found.kept[one.version] == ("input of run tuned",)
    assert found.gone == (two.version,)
    removed = client.get_run(str(find_run(Workspace(workspace), two.version)))
    assert "agentalign.removed" in removed.data.tags
    assert gc(workspace, keep=9).gone == ()


async def test_what_an_unfinished_build_bought_stays(
    build: Build, workspace: Path, first: BuildResult
) -> None:
    """Nothing of a build that was stopped after the newest version has to be bought twice."""
    with pytest.raises(Exception, match="max_calls"):
        await build(workspace, SECOND, "limits.max_calls=300")
    found = gc(workspace)
    assert (found.gone, found.answers.count) == ((), 0)
    fresh = await build(workspace, SECOND)
    assert fresh.calls.made <= first.calls.made - 250


async def test_a_workspace_in_use_is_left_alone(workspace: Path) -> None:
    """While a build has it nothing is removed."""
    with hold_workspace(Workspace(workspace)), pytest.raises(WorkspaceBusyError):
        gc(workspace)


COLLECT = """
import sys
from pathlib import Path
from agentalign.collecting.collect import collect
from schemas.workspace import Workspace
collect(Workspace(Path(sys.argv[1])), keep=1, dry_run=False)
"""


@pytest.mark.parametrize("mark", ["versions/.going-*", ".store.duckdb.kept"])
async def test_a_collection_that_is_killed_leaves_a_whole_workspace(
    build: Build, three: tuple[Path, list[BuildResult]], mark: str
) -> None:
    """Killed as soon as a mark shows, at different steps: what stays costs no call."""
    workspace, (one, two, newest) = three
    process = subprocess.Popen([sys.executable, "-c", COLLECT, str(workspace)])
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if any(workspace.glob(mark)):
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.0005)
    assert process.wait() == -signal.SIGKILL
    assert newest.version in names(workspace) <= {one.version, two.version, newest.version}
    again = await build(workspace, THIRD)
    assert (again.version, again.calls.made) == (newest.version, 0)
    assert set(gc(workspace).kept) == names(workspace) == {newest.version}
    assert not list(workspace.glob("versions/.*"))
    assert not list(workspace.glob(".store*"))
    assert (await build(workspace, THIRD)).calls.made == 0


async def test_a_restored_workspace_builds_without_a_call(
    build: Build, workspace: Path, first: BuildResult, tmp_path: Path
) -> None:
    """In another place too every stage is a hit, and MLflow has the version's papers."""
    from mlflow import MlflowClient

    write_backup(Workspace(workspace), tmp_path / "backup.tar.gz")
    elsewhere = tmp_path / "a" / "other"
    read_backup(tmp_path / "backup.tar.gz", elsewhere, force=False)
    again = await build(elsewhere)
    assert (again.version, again.calls.made) == (first.version, 0)
    assert [stage.stage for stage in again.stages if not stage.cache_hit] == []
    place = Workspace(elsewhere)
    client = MlflowClient(place.mlflow_uri)
    run_id = str(find_run(place, first.version))
    assert {file.path for file in client.list_artifacts(run_id)} >= {"report.html", "quality.json"}
    manifest = client.download_artifacts(run_id, "manifest.json", str(tmp_path))
    assert orjson.loads(Path(manifest).read_bytes())["version"] == first.version


async def test_a_migrated_store_builds_without_a_call(
    build: Build, workspace: Path, first: BuildResult
) -> None:
    """A store of version 2 has its rows made again from the calls that were paid for."""
    import duckdb

    with duckdb.connect(str(workspace / "store.duckdb")) as connection:
        connection.execute("UPDATE meta SET schema_version = 2")
        connection.execute("DROP TABLE builds")
        connection.execute("DROP TABLE uses")
        connection.execute("DROP TABLE audits")
    again = await build(workspace)
    assert (again.version, again.calls.made) == (first.version, 0)
    assert not next(stage.cache_hit for stage in again.stages if stage.stage == "chains")
