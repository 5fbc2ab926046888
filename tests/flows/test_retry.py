"""What failed is asked for again, and nothing else; what was bought before a stop is kept."""

import asyncio
from pathlib import Path

import duckdb
import pytest

from schemas.errors import StoppedError
from schemas.results import BuildResult
from schemas.settings import load_params
from tests.flows.conftest import build_smoke

SMALL = (
    "categories.include=[privacy]", "pool.chains_per_subcategory=2", "pool.bindings_per_block=1",
    "pool.max_blocks=1", "balance.harmful=99", "balance.benign=99", "balance.floor=0",
    "validation.panel=[policy]", "validation.full_panel_share=0",
    "roles.generator=[{endpoint: rehearsal-brisk}]",
    "roles.responder=[{endpoint: rehearsal-brisk}]",
)  # fmt: skip
BROKEN = (
    *SMALL,
    "rehearsal.defects={bad_json: 0.85}",
    "rehearsal.seed=2",
    "floors={chains: 0, instructions: 0, semantic: 0, responses: 0, execution: 0}",
)


def failures_of(workspace: Path) -> list[tuple[str, str, int, str]]:
    """Return stage, class, attempts and last answer of the failure rows."""
    with duckdb.connect(str(workspace / "store.duckdb"), read_only=True) as store:
        query = "SELECT of_stage, error, attempts, text FROM failures ORDER BY ALL"
        return store.execute(query).fetchall()


@pytest.fixture(scope="module")
def broken(
    prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, BuildResult, BuildResult]:
    """Build with a model whose answers are often no JSON, and retry; both results."""
    from flows.retry import retry_failed

    assert prefect_api
    workspace = tmp_path_factory.mktemp("retry") / "w"
    first = asyncio.run(build_smoke(workspace, *BROKEN))
    params = load_params("smoke", None, BROKEN)
    return workspace, first, asyncio.run(retry_failed(params, str(workspace)))


def test_failed_items_are_rows_with_their_last_answer(
    broken: tuple[Path, BuildResult, BuildResult],
) -> None:
    """Stage, error class, attempts, and what the model said last."""
    rows = failures_of(broken[0])
    assert {stage for stage, *_ in rows} == {"instructions"}
    assert all(error == "malformed" and attempts == 1 and text for _, error, attempts, text in rows)


def test_a_retry_asks_for_failed_items_alone(
    broken: tuple[Path, BuildResult, BuildResult],
) -> None:
    """Each failed item is one more call; what it gives goes through the later stages."""
    _, first, again = broken
    failed = {report.stage: report.failed for report in first.stages if report.failed}
    assert again.retried == failed
    assert failed["instructions"] > 0
    assert again.calls_by_stage["instructions"].made == failed["instructions"]
    still = {report.stage: report.failed for report in again.stages}
    assert still["instructions"] <= failed["instructions"]
    assert "chains" not in again.retried


def test_a_build_after_a_retry_stands_by_it(
    broken: tuple[Path, BuildResult, BuildResult],
) -> None:
    """The workspace remembers the epochs: the same version, and nothing is asked."""
    workspace, _, again = broken
    after = asyncio.run(build_smoke(workspace, *BROKEN))
    assert (after.version, after.calls.made) == (again.version, 0)


async def test_a_run_that_was_stopped_is_paid_for_once(prefect_api: str, tmp_path: Path) -> None:
    """Each call is in the account once, with the run that bought it; the rest is the next run's."""
    assert prefect_api
    with pytest.raises(StoppedError, match=r"limits\.max_calls = 12"):
        await build_smoke(tmp_path / "w", *SMALL, "limits.max_calls=12")
    result = await build_smoke(tmp_path / "w", *SMALL)
    assert result.account is not None
    by_run = [total.calls for total in result.account.by("run").values()]
    assert sorted(by_run) == sorted([12, result.calls.made])
    assert result.account.saved.calls == 12
    stages = {stage: total.calls for stage, total in result.account.by("stage").items()}
    whole = await build_smoke(tmp_path / "other", *SMALL)
    assert stages == {
        stage: calls.made for stage, calls in whole.calls_by_stage.items() if calls.made
    }
    assert whole.account is not None
    assert whole.account.saved.calls == 0
