"""Whole builds on the smoke profile: the same again, another selection, and back."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import duckdb
import fastjsonschema
import orjson
import pytest

from schemas.catalogue import load_taxonomy
from schemas.errors import QualityError
from schemas.results import BuildResult

Build = Callable[..., Awaitable[BuildResult]]
MARKER = "zq-planted-marker-zq"


def rows_of(result: BuildResult) -> list[dict[str, object]]:
    """Return the version's examples with their nested columns decoded."""
    found = duckdb.read_parquet(f"{result.path}/data/*.parquet")
    names = found.columns
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    for row in rows:
        row["messages"] = orjson.loads(str(row["messages"]))
        row["tools"] = orjson.loads(str(row["tools"]))
    return rows


async def test_the_same_build_again_makes_no_call(build: Build, tmp_path: Path) -> None:
    """Every stage is a cache hit and the version is the same."""
    first = await build(tmp_path / "w")
    again = await build(tmp_path / "w")
    assert first.rows["harmful"] == 30
    assert first.rows["benign"] == 59
    assert first.calls.made > 0
    assert (again.calls.made, again.calls.failed) == (0, 0)
    assert all(stage.cache_hit for stage in again.stages)
    assert again.version == first.version
    assert set(first.by_category) == {c.name for c in load_taxonomy().categories} | {"benign"}


async def test_another_workspace_gives_the_same_version(build: Build, tmp_path: Path) -> None:
    """Nothing of the place or the run is in the digest."""
    versions = {(await build(tmp_path / name)).version for name in ("one", "two")}
    assert len(versions) == 1


async def test_builds_a_b_a_on_one_store_never_mix(build: Build, tmp_path: Path) -> None:
    """Going back to the first parameters gives the first version, without a call."""
    one = await build(tmp_path / "w")
    other = await build(tmp_path / "w", "seed=7")
    back = await build(tmp_path / "w")
    assert other.version != one.version
    assert other.calls.made > 0
    assert (back.version, back.calls.made) == (one.version, 0)


async def test_a_smaller_target_costs_no_call_and_a_larger_one_only_blocks(
    build: Build, tmp_path: Path
) -> None:
    """Balance selects from the pool; what the pool lacks is made block by block."""
    first = await build(tmp_path / "w")
    fewer = await build(tmp_path / "w", "balance.harmful=20")
    more = await build(tmp_path / "w", "balance.harmful=45")
    assert (fewer.calls.made, fewer.rows["harmful"]) == (0, 20)
    assert more.rows["harmful"] == 45
    assert 0 < more.calls.made <= 1.2 * first.calls.made


async def test_every_call_of_a_row_is_valid_for_its_own_tools(build: Build, tmp_path: Path) -> None:
    """Refused rows are (system,) user and a refusal; calls validate against the row's schemas."""
    for row in rows_of(await build(tmp_path / "w")):
        schemas = {t["function"]["name"]: t["function"]["parameters"] for t in row["tools"]}  # type: ignore[attr-defined]  # decoded JSON
        roles = [m["role"] for m in row["messages"]]  # type: ignore[attr-defined]  # decoded JSON
        calls = [c for m in row["messages"] for c in m["tool_calls"]]  # type: ignore[attr-defined]  # decoded JSON
        if row["label"] == "harmful":
            assert [role for role in roles if role != "system"] == ["user", "assistant"]
            assert not calls
            assert row["canary"]
        for call in calls:
            fastjsonschema.validate(schemas[call["name"]], call["arguments"])


async def test_complied_harm_is_found_nowhere_in_the_workspace(
    build: Build, tmp_path: Path
) -> None:
    """A marker planted in every false compliance is in no file once the build is done."""
    result = await build(
        tmp_path / "w",
        "rehearsal.defects={false_compliance: 0.3}",
        f"rehearsal.marker={MARKER}",
    )
    dropped = next(s.dropped for s in result.stages if s.stage == "responses")
    assert dropped["false_compliance"] > 0
    holders = [
        path
        for path in (tmp_path / "w").rglob("*")
        if path.is_file() and MARKER.encode() in path.read_bytes()
    ]
    told = [path for path in holders if "manifest" not in path.name]
    assert told == []


async def test_a_target_out_of_reach_fails_and_keeps_what_was_made(
    build: Build, tmp_path: Path
) -> None:
    """Below the floor after the last block the run fails; the next build starts from it."""
    with pytest.raises(QualityError, match="below the floor"):
        await build(tmp_path / "w", "balance.harmful=900", "pool.max_blocks=1")
    again = await build(tmp_path / "w")
    assert again.calls.made == 0


async def test_partitions_change_nothing(build: Build, tmp_path: Path) -> None:
    """Three partitions give the version of one, from the same calls."""
    whole = await build(tmp_path / "w")
    parts = await build(tmp_path / "w", "limits.partitions=3")
    assert (parts.version, parts.calls.made) == (whole.version, 0)


async def test_request_first_builds_too(build: Build, tmp_path: Path) -> None:
    """A planner model finds the calls for the requests; the rest is the same."""
    result = await build(tmp_path / "w", "instructions.mode=request-first")
    assert result.rows["harmful"] == 30
    assert "planned" in {stage.stage for stage in result.stages}
