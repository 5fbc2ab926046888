import pytest

from schemas.accounts import Account, Line, Price, add_up, cost_usd, find_unpriced, price_of
from schemas.calls import Usage
from schemas.endpoints import Endpoint
from schemas.params import BuildParams

PRICE = Price(
    endpoint="one",
    prompt_usd_per_million=2.0,
    cached_usd_per_million=0.5,
    completion_usd_per_million=8.0,
    priced_on=None,
)


def line(**changed: object) -> Line:
    """Return the line of ten calls."""
    told = {
        "stage": "semantic", "role": "judge", "endpoint": "one", "model": "m", "run": "first",
        "calls": 10, "failed": 0, "attempts": 12, "prompt_tokens": 1_000_000,
        "cached_tokens": 400_000, "completion_tokens": 100_000, "unmetered": 0, "seconds": 5.0,
    }  # fmt: skip
    return Line.model_validate(told | changed)


def account(*lines: Line, prices: tuple[Price, ...] = (PRICE,)) -> Account:
    """Return the account of a version of four rows, as the second run sees it."""
    return Account(run="second", rows=4, lines=lines, prices=prices, accepted={})


def test_tokens_from_the_endpoints_cache_have_a_price_of_their_own() -> None:
    """Fresh tokens at the full price, cached ones at theirs, or at the full one without any."""
    usage = Usage(prompt_tokens=1_000_000, cached_tokens=400_000, completion_tokens=100_000)
    assert cost_usd(PRICE, usage) == pytest.approx(0.6 * 2 + 0.4 * 0.5 + 0.1 * 8)
    dear = PRICE.model_copy(update={"cached_usd_per_million": None})
    assert cost_usd(dear, usage) == pytest.approx(2 + 0.8)


@pytest.mark.parametrize("missing", ["prompt_usd_per_million", "completion_usd_per_million"])
def test_a_cost_of_which_a_part_is_unknown_is_unknown(missing: str) -> None:
    """It is not taken for free."""
    usage = Usage(prompt_tokens=10, completion_tokens=10)
    assert cost_usd(PRICE.model_copy(update={missing: None}), usage) is None
    assert cost_usd(PRICE, Usage(prompt_tokens=10)) is None


def test_a_sum_says_what_is_known_and_how_many_calls_are_not() -> None:
    """Calls without a price or without usage are counted apart; the whole is then unknown."""
    total = add_up([line(), line(endpoint="other"), line(unmetered=3)], [PRICE])
    assert (total.calls, total.unpriced) == (30, 13)
    assert total.known_usd == pytest.approx(2 * 2.2)
    assert total.cost_usd is None
    assert add_up([line()], [PRICE]).cost_usd == pytest.approx(2.2)


def test_what_earlier_runs_bought_is_saved() -> None:
    """Every call is bought by one run; this one pays for its own alone."""
    found = account(line(), line(run="second", calls=1))
    assert (found.bought.calls, found.saved.calls, found.total().calls) == (1, 10, 11)
    assert [total.calls for total in found.by("run").values()] == [10, 1]


def test_sums_by_any_side_are_the_whole() -> None:
    """Stage, role, endpoint, model and run each share out the same calls."""
    found = account(line(), line(stage="responses", role="responder", model="n", run="second"))
    for dimension in ("stage", "role", "endpoint", "model", "run"):
        assert sum(total.calls for total in found.by(dimension).values()) == 20


def test_the_embedded_model_is_free_unless_it_is_given_a_price() -> None:
    """A dry run may be told what a real endpoint would take."""
    free = price_of(Endpoint(name="r", model="r"))
    assert free.prompt_usd_per_million == 0.0
    told = price_of(Endpoint(name="r", model="r", prompt_usd_per_million=3))
    assert told.prompt_usd_per_million == 3.0
    assert find_unpriced(BuildParams()) == ()
