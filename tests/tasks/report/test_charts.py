from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.report.charts import BINS, edges_for, histogram, place

VALUES = st.lists(st.integers(min_value=0, max_value=10**7), min_size=1)


@settings(deadline=None)  # a shared machine may stall
@given(VALUES)
def test_every_value_falls_into_one_bin(values: list[int]) -> None:
    """Bins adjoin, hold all values between them, and are few enough to see."""
    chart = histogram(values, edges_for(values))
    assert chart
    assert sum(each.count for each in chart.bins) == chart.count == len(values)
    assert len(chart.bins) <= BINS + 1
    for one, following in zip(chart.bins, chart.bins[1:], strict=False):
        assert one.high + 1 == following.low
    for each in chart.bins:
        assert each.count == sum(each.low <= value <= each.high for value in values)
    assert max(each.height for each in chart.bins) == 100


@settings(deadline=None)  # a shared machine may stall
@given(VALUES)
def test_few_values_lie_above_the_95th_percentile(values: list[int]) -> None:
    """At most one in twenty does, and the median is one of the values."""
    chart = histogram(values, edges_for(values))
    assert chart
    assert sum(value > chart.p95 for value in values) <= len(values) / 20
    assert chart.median in values


def test_small_numbers_have_a_bin_each() -> None:
    """Turns and calls are counted one by one, and widths are round."""
    assert edges_for([2, 3, 5]) == [2, 3, 4, 5]
    assert edges_for([131, 780]) == [100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 650,
                                     700, 750]  # fmt: skip


def test_nothing_to_count_is_no_picture() -> None:
    """A class without a value has no histogram."""
    assert histogram([], edges_for([])) is None


def test_what_is_off_the_axis_stands_at_its_end() -> None:
    """An accuracy below the axis is drawn at its beginning."""
    assert place(0.75, 0.5, 1.0) == 50.0
    assert place(0.1, 0.4, 1.0) == 0.0
    assert place(1.5, 0.4, 1.0) == 100.0
