from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.ids import share
from tasks.audit.bootstrap import Kind, estimate
from tasks.audit.wilson import wilson

RESAMPLES = 2000
ROWS = st.lists(st.tuples(st.booleans(), st.sampled_from("abcdefgh")), min_size=1, max_size=60)
DIFFERENCES = st.lists(
    st.tuples(st.sampled_from((-1.0, 0.0, 1.0)), st.sampled_from("abcdefgh")),
    min_size=1, max_size=60,
)  # fmt: skip


def of(rows: Sequence[tuple[float, str]], kind: Kind = "share", seed: int = 0) -> tuple[float, ...]:
    """Return value and bounds."""
    values, groups = [value for value, _ in rows], [group for _, group in rows]
    found = estimate(values, groups, kind, seed=seed, resamples=RESAMPLES)
    return tuple(each for each in (found.value, found.low, found.high) if each is not None)


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_a_share_lies_in_bounds_that_have_a_width(rows: list[tuple[bool, str]]) -> None:
    """0 ≤ low < high ≤ 1, and the share is no more than one side away."""
    value, low, high = of(rows)
    assert 0 <= low < high <= 1
    assert low - 1e-9 <= value <= high + 1e-9


@given(DIFFERENCES)
@settings(max_examples=60, deadline=None)
def test_a_difference_lies_in_bounds_that_have_a_width(rows: list[tuple[float, str]]) -> None:
    """-1 ≤ low < high ≤ 1."""
    _, low, high = of(rows, "difference")
    assert -1 <= low < high <= 1


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_has_no_say(rows: list[tuple[bool, str]], random: object) -> None:
    """The same rows in another order give the same numbers, to the last bit."""
    other = list(rows)
    random.shuffle(other)  # type: ignore[attr-defined]  # a random.Random
    assert of(rows) == of(other)


@given(ROWS)
@settings(max_examples=30, deadline=None)
def test_the_same_seed_draws_the_same(rows: list[tuple[bool, str]]) -> None:
    """A call says the same each time."""
    assert of(rows, seed=3) == of(rows, seed=3)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
@settings(max_examples=40, deadline=None)
def test_a_mean_lies_between_the_least_and_the_most(values: list[float]) -> None:
    """No resample is outside of what there is; where all are the same there is no interval."""
    found = estimate(values, [str(n) for n in range(len(values))], "mean", resamples=RESAMPLES)
    if found.method == "none":
        assert found.low is found.high is None
        return
    assert found.low is not None
    assert found.high is not None
    assert min(values) - 1e-3 <= found.low <= found.high <= max(values) + 1e-3


def test_where_all_rows_are_the_same_groups_are_the_draws() -> None:
    """Forty rows of ten groups say as much as ten draws do."""
    found = estimate([1.0] * 40, [str(n % 10) for n in range(40)])
    assert found.method == "score"
    assert (found.low, found.high) == wilson(10, 10)
    nothing = estimate([0.0] * 40, [str(n % 10) for n in range(40)])
    assert (nothing.low, nothing.high) == wilson(0, 10)


def test_one_group_tells_next_to_nothing() -> None:
    """Half of a single group's rows: any share may be."""
    found = estimate([1.0, 0.0] * 20, ["a"] * 40)
    assert found.low is not None
    assert found.high is not None
    assert (found.groups, found.method) == (1, "score")
    assert found.high - found.low > 0.8


def test_rows_of_one_group_widen_the_interval() -> None:
    """The same shares are surer where each row is a group of its own."""
    values = [float(n % 8 < 3) for n in range(160)]
    alone = of([(value, str(n)) for n, value in enumerate(values)])
    # groups of eight that are all of one mind
    grouped = of([(float(n // 8 % 8 < 3), str(n // 8)) for n in range(160)])
    assert grouped[2] - grouped[1] > 2 * (alone[2] - alone[1])


def test_no_row_is_no_figure() -> None:
    """There is neither a value nor an interval."""
    found = estimate([], [])
    assert (found.value, found.low, found.high, found.n) == (None, None, None, 0)


def test_groups_and_values_belong_together() -> None:
    """One group too few is refused."""
    with pytest.raises(ValueError, match="zip"):
        estimate([1.0, 0.0], ["a"])


@pytest.mark.parametrize(("rate", "least"), [(0.3, 0.88), (0.1, 0.86)])
def test_intervals_cover_the_truth_about_as_often_as_they_say(rate: float, least: float) -> None:
    """Of 200 samples over 40 groups of rows that resemble each other, most hold the rate."""
    covered = 0
    for sample in range(200):
        rows = [
            (float(share(sample, "row", group, row) < _rate_of(rate, sample, group)), str(group))
            for group in range(40)
            for row in range(4)
        ]
        _, low, high = of(rows, seed=sample)
        covered += low <= rate <= high
    assert covered / 200 >= least


def _rate_of(rate: float, sample: int, group: int) -> float:
    """Return a group's own rate: half of the groups are at half of it, half at one and a half."""
    return rate * (0.5 if share(sample, "group", group) < 0.5 else 1.5)
