"""The page of a run in the Prefect UI: it says what was bought, saved and made, and no text."""

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from schemas.results import BuildResult
from schemas.rows import Instruction
from schemas.settings import load_params
from tasks.formats.versions import open_version

if TYPE_CHECKING:
    from tests.flows.runs import Page

SMALL = (
    "categories.include=[privacy]", "pool.chains_per_subcategory=2", "pool.bindings_per_block=1",
    "pool.max_blocks=1", "balance.harmful=99", "balance.benign=99", "balance.floor=0",
    "validation.panel=[policy]", "validation.full_panel_share=0", "audit.mutations=2",
)  # fmt: skip

JUDGE = "roles.judge=[{endpoint: rehearsal-formal}]"


async def build(workspace: Path, *sets: str) -> "tuple[BuildResult, Page]":
    """Return what a small build made, and the page of its run."""
    from flows.dataset import build_dataset
    from tests.flows.runs import page_of

    state: Any = await build_dataset(
        load_params("smoke", None, [*SMALL, *sets]), str(workspace), return_state=True
    )
    return await state.aresult(), await page_of(state.state_details.flow_run_id)


@pytest.fixture(scope="module")
def built(
    prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> "tuple[Path, BuildResult, Page]":
    """Build once; nothing may change this workspace but builds with the same parameters."""
    assert prefect_api
    workspace = tmp_path_factory.mktemp("page") / "w"
    return workspace, *asyncio.run(build(workspace))


async def test_the_page_says_what_was_bought_and_what_was_saved(
    built: "tuple[Path, BuildResult, Page]", tmp_path: Path
) -> None:
    """To the call, in sum and by stage, for a first run and for one with another judge."""
    workspace, first, page = built
    assert (page.calls_made, page.calls_saved) == (first.calls.made, 0)
    copy = Path(shutil.copytree(workspace, tmp_path / "w"))
    again, page = await build(copy, JUDGE)
    assert again.account is not None
    assert (page.calls_made, page.calls_saved) == (again.calls.made, again.account.saved.calls)
    assert 0 < again.calls.made < first.calls.made
    assert page.calls_saved > 0
    made = {name: row["calls made"] for name, row in page.yields.items() if row["calls made"]}
    assert made == {name: calls.made for name, calls in again.calls_by_stage.items() if calls.made}
    assert page.yields["instructions"]["cached"] == page.yields["instructions"]["runs"] == 1
    assert page.yields["semantic"]["cached"] == 0


async def test_the_page_has_funnel_yields_and_links_and_no_text(
    built: "tuple[Path, BuildResult, Page]",
) -> None:
    """Few artifacts under keys that stay; reasons to drop are counted, no request is quoted."""
    workspace, result, page = built
    assert set(page.artifacts) - {"progress"} == {"summary", "yields", "version", "report"}
    assert "](data:image/svg+xml;base64," in page.summary
    assert result.path in page.artifacts["version"]
    assert (workspace / "reports" / f"{result.version}.html").is_file()
    for stage in result.stages:
        row = page.yields[stage.stage]
        assert (row["rows in"], row["rows out"]) == (stage.rows_in, stage.rows_out)
    left = orjson.dumps(page.artifacts).decode()
    requests = open_version(Path(result.path)).rows(Instruction)
    assert requests
    assert [row.id for row in requests if row.text[:40] in left] == []


async def test_task_runs_name_stage_category_and_block_and_show_cached(
    built: "tuple[Path, BuildResult, Page]",
) -> None:
    """In the UI one sees which block of which category ran and which came from the cache."""
    from flows.dataset import build_dataset
    from tests.flows.runs import start, task_runs_of

    params = load_params("smoke", None, SMALL)
    run = await start(build_dataset, params=params, workspace=str(built[0]))
    found = {task.name: task.state_name for task in await task_runs_of(run.id)}
    assert found["instructions privacy block 0"] == "Cached"
    assert set(found.values()) == {"Cached"}


async def test_a_failed_run_that_is_retried_goes_on_where_it_was(
    built: "tuple[Path, BuildResult, Page]", tmp_path: Path
) -> None:
    """The page says why it failed; the retry buys the rest, and nothing twice."""
    from flows.dataset import build_dataset
    from tests.flows.runs import page_of, retry, start

    whole = built[1]
    budget = whole.calls.made // 2 + 1
    params = load_params("smoke", None, [*SMALL, f"limits.max_calls={budget}"])
    run = await start(build_dataset, params=params, workspace=str(tmp_path / "w"))
    failed = await page_of(run.id)
    assert run.state_name == "Failed"
    assert f"limits.max_calls = {budget}" in failed.summary
    assert failed.calls_made == budget
    again = await retry(build_dataset, run)
    page = await page_of(run.id)
    assert (again.state_name, again.run_count) == ("Completed", 2)
    assert page.calls_made == whole.calls.made
    assert "attempt 2" in page.summary
    assert whole.version in page.artifacts["version"]
