from pathlib import Path

import pytest

from schemas.errors import BadInputError
from schemas.results import BuildResult, ReplayResult
from schemas.rows import Plan
from schemas.workspace import Workspace
from tasks.formats.version_folder import to_table
from tasks.formats.versions import Version, find_version


async def replay(workspace: Path, version: str = "") -> ReplayResult:
    from flows.replay import replay_version

    result: ReplayResult = await replay_version(version, str(workspace))
    return result


async def test_a_version_comes_to_the_same_again(first: BuildResult, workspace: Path) -> None:
    """Every execution of the newest version is run, and none of them differs."""
    result = await replay(workspace)
    assert result.version == first.version
    assert result.by_status == {"identical": result.executions}
    assert result.executions > 50
    assert result.calls >= result.executions


async def test_what_differs_is_named(workspace: Path) -> None:
    """A run fails with the row, its execution and the place where it differs."""
    from flows.replay import NotIdenticalError

    version = find_version(Workspace(workspace))
    changed = spoil_a_plan(version)
    with pytest.raises(NotIdenticalError, match=r"1 of \d+ executions are not identical") as caught:
        await replay(workspace)
    assert f"{changed.id}, {changed.execution.id}: differs (call 1, " in str(caught.value)


def spoil_a_plan(version: Version) -> Plan:
    """Change what a call of a plan gave; return the plan."""
    import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types

    plans = version.rows(Plan)
    place = next(at for at, plan in enumerate(plans) if plan.execution and plan.execution.steps)
    was = plans[place].execution
    assert was is not None
    step = was.steps[0].model_copy(update={"result": {"of": "another world"}})
    execution = was.model_copy(update={"steps": (step, *was.steps[1:])})
    plans[place] = plans[place].model_copy(update={"execution": execution})
    file = version.folder / "lineage" / f"{Plan.table}.parquet"
    file.chmod(0o644)
    pq.write_table(to_table(Plan, plans), file)
    return plans[place]


async def test_an_unknown_version_is_refused(first: BuildResult, workspace: Path) -> None:
    """The message names a version that is there."""
    with pytest.raises(BadInputError, match=first.version):
        await replay(workspace, first.version[:-1] + "x")
