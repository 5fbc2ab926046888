"""Whole builds on the smoke profile: the same again, another selection, and back."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import duckdb
import fastjsonschema
import orjson
import pytest

from schemas.catalogue import load_taxonomy
from schemas.errors import QualityError
from schemas.params import Rehearsal
from schemas.results import BuildResult

Build = Callable[..., Awaitable[BuildResult]]


def rows_of(result: BuildResult) -> list[dict[str, Any]]:
    """Return the version's examples with their nested columns decoded."""
    found = duckdb.read_parquet(f"{result.path}/data/*.parquet")
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    nested = ("messages", "tools")
    return [row | {name: orjson.loads(row[name]) for name in nested} for row in rows]


def dropped_by(result: BuildResult, stage: str) -> dict[str, int]:
    """Return what a stage dropped."""
    return next(report.dropped for report in result.stages if report.stage == stage)


def test_a_build_meets_its_targets(first: BuildResult) -> None:
    """Rows per class are as asked, from all eight categories."""
    assert first.rows == {"harmful": 30, "benign": 59, "third_party": 0}
    assert set(first.by_category) == {c.name for c in load_taxonomy().categories} | {"benign"}
    assert first.calls.made > 0
    assert first.calls.failed == 0


async def test_the_same_build_again_makes_no_call(
    build: Build, finished: tuple[Path, BuildResult]
) -> None:
    """Every stage is a cache hit and the version is the same."""
    again = await build(finished[0])
    assert (again.calls.made, again.calls.failed) == (0, 0)
    assert [stage.stage for stage in again.stages if not stage.cache_hit] == []
    assert again.version == finished[1].version


async def test_a_new_workspace_gives_the_same_version(
    build: Build, tmp_path: Path, first: BuildResult
) -> None:
    """Nothing of the place or the run is in the digest."""
    assert (await build(tmp_path / "other")).version == first.version


async def test_builds_a_b_a_on_one_store_never_mix(
    build: Build, workspace: Path, first: BuildResult
) -> None:
    """Going back to the first parameters gives the first version, without a call."""
    other = await build(workspace, "seed=7")
    back = await build(workspace)
    assert other.version != first.version
    assert other.calls.made > 0
    assert (back.version, back.calls.made) == (first.version, 0)


async def test_a_smaller_target_costs_no_call_and_a_larger_one_only_blocks(
    build: Build, workspace: Path, first: BuildResult
) -> None:
    """Balance selects from the pool; what the pool lacks is made block by block."""
    fewer = await build(workspace, "balance.harmful=20")
    more = await build(workspace, "balance.harmful=45")
    assert (fewer.calls.made, fewer.rows["harmful"]) == (0, 20)
    assert more.rows["harmful"] == 45
    assert 0 < more.calls.made <= 1.2 * first.calls.made


def test_every_call_of_a_row_is_valid_for_its_own_tools(first: BuildResult) -> None:
    """Refused rows are (system,) user and a refusal; calls validate against the row's schemas."""
    for row in rows_of(first):
        schemas = {t["function"]["name"]: t["function"]["parameters"] for t in row["tools"]}
        roles = [message["role"] for message in row["messages"]]
        calls = [call for message in row["messages"] for call in message["tool_calls"]]
        if row["label"] == "harmful":
            assert roles[-1] == "assistant"
            assert row["canary"]
        if row["label"] == "harmful" and row["situation"] == "plain":
            assert [role for role in roles if role != "system"] == ["user", "assistant"]
            assert not calls
        for call in calls:
            fastjsonschema.validate(schemas[call["name"]], call["arguments"])


async def test_a_version_holds_what_was_left_out_of_it(build: Build, tmp_path: Path) -> None:
    """As many as each stage counts for each reason, and no answer to harm among them."""
    defects = "{flipped_intent: 0.1, false_compliance: 0.2, false_refusal: 0.1, bad_json: 0.05}"
    result = await build(tmp_path / "w", f"rehearsal.defects={defects}")
    rows = duckdb.read_parquet(f"{result.path}/lineage/dropped.parquet")
    counted: dict[str, dict[str, int]] = {}
    for stage, reason, count in rows.query("d", _COUNTED).fetchall():
        counted.setdefault(stage, {})[reason] = count
    semantic = dropped_by(result, "semantic")
    judged = {**counted.pop("semantic"), **counted.pop("surface", {})}
    assert sum(judged.values()) == sum(semantic.values()) > 0
    for stage in ("execution", "responses", "balance"):
        assert counted.pop(stage, {}) == dropped_by(result, stage), stage
    assert rows.filter("(harmful OR intent = 'harmful') AND messages <> '[]'").fetchall() == []
    assert rows.filter("\"by\" = 'judges' AND votes = '[]'").fetchall() == []


_COUNTED = "SELECT of_stage, reason, count(*) FROM d GROUP BY ALL"


async def test_complied_harm_is_found_nowhere_in_the_workspace(
    build: Build, tmp_path: Path
) -> None:
    """What was planted in every false compliance is in no file once the build is done."""
    result = await build(
        tmp_path / "w", "rehearsal.defects={false_compliance: 0.3}", "rehearsal.marker=mark"
    )
    assert dropped_by(result, "responses")["false_compliance"] > 0
    planted = Rehearsal(marker="mark").planted_text.encode()
    files = [path for path in (tmp_path / "w").rglob("*") if path.is_file()]
    assert [path for path in files if planted in path.read_bytes()] == []


async def test_a_target_out_of_reach_fails_and_keeps_what_was_made(
    build: Build, workspace: Path
) -> None:
    """Below the floor after the last block the run fails; the next build starts from it."""
    with pytest.raises(QualityError, match="below the floor"):
        await build(workspace, "balance.harmful=900", "pool.max_blocks=1")
    again = await build(workspace)
    assert again.calls.made == 0


async def test_partitions_change_nothing(build: Build, workspace: Path, first: BuildResult) -> None:
    """Three partitions give the version of one, from the same calls."""
    parts = await build(workspace, "limits.partitions=3")
    assert (parts.version, parts.calls.made) == (first.version, 0)


async def test_request_first_builds_too(build: Build, workspace: Path) -> None:
    """A planner model finds the calls for the requests; the rest is the same."""
    result = await build(workspace, "instructions.mode=request-first")
    assert result.rows["harmful"] == 30
    assert "planned" in {stage.stage for stage in result.stages}


async def test_rebalance_selects_from_the_pool_without_a_call(
    build: Build, workspace: Path, first: BuildResult
) -> None:
    """Another ratio from the blocks of a version: a new version, by the last stages alone."""
    from flows.rebalance import rebalance
    from schemas.params import Balance

    balance = Balance(harmful=16, benign=40)
    result: BuildResult = await rebalance(first.version, balance, str(workspace))
    assert result.rows == {"harmful": 16, "benign": 40, "third_party": 0}
    assert result.calls.made == 0
    assert {s.stage for s in result.stages if not s.cache_hit} <= {
        "balance", "audit", "publish",
    }  # fmt: skip
