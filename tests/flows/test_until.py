from pathlib import Path
from typing import get_args

import pytest

from flows.assembly import Until
from schemas.params import BuildParams
from schemas.results import BuildResult, StagesResult
from schemas.settings import load_params

SMOKE = load_params("smoke")
AFTER: dict[Until, list[str]] = {
    "chains": ["taxonomy", "chains"],
    "instructions": ["taxonomy", "chains", "bindings", "plans", "instructions"],
    "validation": [
        "taxonomy", "chains", "bindings", "plans", "instructions", "semantic", "execution",
    ],
    "responses": [
        "taxonomy", "chains", "bindings", "plans", "instructions", "semantic", "execution",
        "responses",
    ],
}  # fmt: skip


async def run_until(until: Until, workspace: Path, params: BuildParams = SMOKE) -> StagesResult:
    from flows.until import build_until

    result: StagesResult = await build_until(until, params, 1, str(workspace))
    return result


@pytest.mark.parametrize("until", get_args(Until))
async def test_everything_up_to_a_stage_comes_from_the_cache(
    until: Until, first: BuildResult, workspace: Path
) -> None:
    """What a build has made is not made again, and no later stage is run."""
    assert first.calls.made
    result = await run_until(until, workspace)
    assert [stage.stage for stage in result.stages] == AFTER[until]
    assert all(stage.cache_hit for stage in result.stages)
    assert result.calls.made == 0
    assert len(result.receipts) == len(set(result.receipts)) > 0


async def test_another_parameter_runs_what_it_changes(workspace: Path) -> None:
    """Another temperature asks for requests anew; chains come out the same, seeds need no call."""
    warmer = load_params("smoke", None, ["instructions.temperature=0.9"])
    result = await run_until("instructions", workspace, warmer)
    assert [s.stage for s in result.stages if not s.cache_hit] == ["chains", "instructions"]
    assert set(result.calls_by_stage) == {"instructions"}  # chains are written by hand here
