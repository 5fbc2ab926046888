"""A pilot's calls are those of the build that follows, and it tells what that will take."""

from pathlib import Path

from agentalign.estimating import make_estimate
from schemas.settings import load_params
from schemas.workspace import Workspace
from tests.flows.conftest import build_smoke

SETS = (
    "categories.include=[privacy, self_harm]", "pool.chains_per_subcategory=2",
    "pool.bindings_per_block=1", "pool.max_blocks=1", "balance.harmful=99",
    "balance.benign=99", "balance.floor=0",
)  # fmt: skip


async def test_a_pilot_is_part_of_the_build_it_measures(prefect_api: str, tmp_path: Path) -> None:
    """The build buys only what the pilot didn't, and takes about what was estimated."""
    from flows.pilot import run_pilot

    assert prefect_api
    params = load_params("smoke", None, SETS)
    workspace = tmp_path / "w"
    workspace.mkdir()
    pilot = await run_pilot(params, str(workspace), requests=8)
    assert (len(pilot.units), pilot.requests) == (2, 8)
    found = make_estimate(params, Workspace(workspace))
    assert found.pilot == pilot.made_on
    result = await build_smoke(workspace, *SETS)
    assert result.account is not None
    measured = sum(use.calls for unit in pilot.units for use in unit.uses)
    assert result.account.saved.calls == round(measured)
    total = result.account.total().calls
    assert result.calls.made == total - round(measured)
    assert 0.8 * found.calls.low <= total <= 1.2 * found.calls.high
