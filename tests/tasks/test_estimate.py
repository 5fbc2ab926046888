from collections.abc import Sequence
from datetime import date

import pytest

from schemas.estimates import Pilot, Unit, Use, load_assumptions
from schemas.params import BuildParams
from schemas.settings import load_params
from tasks.estimate import estimate
from tasks.pilot import draw_policies, fits, pilot_params
from tests.tasks.samples import POLICIES

SETS = (
    "categories.subcategories_per_category=4", "pool.chains_per_subcategory=2",
    "pool.bindings_per_block=1", "pool.max_blocks=9",
)  # fmt: skip


def use(calls: float, stage: str = "responses", endpoint: str = "rehearsal-brisk") -> Use:
    """Return calls of 100 prompt and 10 completion tokens, half a second each."""
    return Use(
        stage=stage, endpoint=endpoint, calls=calls, prompt_tokens=100 * calls,
        completion_tokens=10 * calls, seconds=0.5 * calls,
    )  # fmt: skip


def unit(calls: float = 10, harmful: float = 1, benign: float = 2, subcategory: str = "a") -> Unit:
    """Return a binding that took so many calls."""
    return Unit(subcategory=subcategory, harmful=harmful, benign=benign, uses=(use(calls),))


def pilot(*units: Unit) -> Pilot:
    """Return a pilot in which a subcategory's chains took one call."""
    chains = (use(1, "chains"),)
    return Pilot(made_on=date(2030, 1, 1), fits="", requests=8, units=units, chains=chains)


def params(harmful: int, *sets: str) -> BuildParams:
    """Return parameters with targets for two categories of four subcategories."""
    targets = (f"balance.harmful={harmful}", f"balance.benign={harmful}")
    chosen = "categories.include=[privacy, self_harm]"
    return load_params("rehearsal", None, [*SETS, chosen, *targets, *sets])


def test_blocks_are_made_until_the_targets_are_met() -> None:
    """A block is 8 bindings of a category: 10 rows of each category take two."""
    found = estimate(params(20), pilot(unit()))
    assert found.bindings.likely == 2 * 2 * 8
    assert found.calls_by_stage == {"responses": 320.0, "chains": 8.0}
    assert found.prompt_tokens.likely == 32_800
    assert found.out_of_reach == ()


def test_targets_that_all_blocks_miss_are_named() -> None:
    """What no number of allowed blocks gives is said, not promised."""
    found = estimate(params(40), pilot(unit(harmful=0)))
    assert set(found.out_of_reach) == {"self_harm", "privacy"}
    assert found.bindings.likely == 2 * 9 * 8


def test_hours_are_those_of_the_busiest_endpoint() -> None:
    """Half a second a call, at most as many at a time as the endpoint takes."""
    wide = estimate(params(16, "limits.in_flight=4"), pilot(unit()))
    assert wide.hours.likely == pytest.approx((160 + 8) * 0.5 / 4 / 3600)


def test_equal_bindings_leave_no_interval_and_unequal_ones_do() -> None:
    """The interval is what resampling the pilot gives; the same every time."""
    certain = estimate(params(16), pilot(unit(), unit()))
    assert certain.calls.low == certain.calls.likely == certain.calls.high
    mixed = pilot(unit(2), unit(4), unit(20, subcategory="b"), unit(30, subcategory="b"))
    found = estimate(params(16), mixed)
    assert found.calls.low < found.calls.likely < found.calls.high
    assert estimate(params(16), mixed) == found


def test_without_a_pilot_it_says_what_it_assumes() -> None:
    """Every figure that is assumed, in its three cases; the interval spans them."""
    found = estimate(params(16), None)
    assert found.pilot is None
    assert len(found.basis) == 1 + len(type(load_assumptions()["low"]).model_fields)
    assert found.calls.low < found.calls.likely < found.calls.high


def test_a_price_that_is_unknown_leaves_the_money_unknown() -> None:
    """No endpoint without a price is taken for free."""
    real = BuildParams().endpoints[0].model_copy(update={"base_url": "http://one.example/v1"})
    unpriced = params(16).model_copy(update={"endpoints": (real, *BuildParams().endpoints[1:])})
    found = estimate(unpriced, pilot(unit()))
    assert (found.cost_usd, found.unpriced) == (None, ("rehearsal-brisk",))
    assert estimate(params(16), pilot(unit())).cost_usd is not None


@pytest.mark.parametrize(("requests", "count"), [(1, 1), (8, 1), (9, 2), (50, 7)])
def test_a_pilot_draws_whole_subcategories_of_all_categories(requests: int, count: int) -> None:
    """As many as give the requests; no category twice before each had its turn."""
    drawn = draw_policies(POLICIES, params(16, "pool.benign_per_binding=2"), requests)
    assert len(drawn) == count
    assert len({row.category for row in drawn}) == count
    assert draw_policies(POLICIES[::-1], params(16), requests) == drawn


@pytest.mark.parametrize(
    ("sets", "same"),
    [
        (["balance.harmful=7"], True),
        (["pool.max_blocks=3"], True),
        (["limits.in_flight=3"], True),
        (["validation.panel=[policy]"], False),
        (["responses.step_limit=3"], False),
        (["roles.judge=[{endpoint: rehearsal-formal}]"], False),
    ],
)
def test_a_pilot_fits_builds_with_the_same_models_and_settings(
    sets: Sequence[str], same: bool
) -> None:
    """Targets, blocks and speed may differ."""
    assert (fits(params(16, *sets)) == fits(pilot_params(params(16)))) is same
