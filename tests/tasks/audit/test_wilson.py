"""The Wilson interval."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest  # type: ignore[import-untyped]  # ships no types

from tasks.audit.wilson import wilson


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_bounds_are_those_of_a_statistics_library(drawn: tuple[int, int]) -> None:
    """They agree with scipy's to nine digits, hold the share, and stay within 0 and 1."""
    hits, n = drawn
    low, high = wilson(hits, n)
    known = binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert (low, high) == pytest.approx((known.low, known.high), abs=1e-9)
    assert 0 <= low <= hits / n <= high <= 1


def test_without_a_draw_nothing_is_known() -> None:
    """The share may then be anything."""
    assert wilson(0, 0) == (0.0, 1.0)
