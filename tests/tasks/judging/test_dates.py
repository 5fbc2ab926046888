"""Dates and times in their writings."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.judging.dates import Date, Time, find_moments


def found(text: str) -> tuple[set[Date], set[Time]]:
    """Return the dates and times of a text."""
    moments = list(find_moments(text))
    return {d for m in moments for d in m.dates}, {t for m in moments for t in m.times}


@pytest.mark.parametrize(
    "text",
    [
        "2031-03-04",
        "on 4 March 2031.",
        "the 4th of March, 2031",
        "4. Mar. 2031",
        "March 4, 2031",
        "mar 4th 2031",
        "04.03.2031",
    ],
)
def test_one_day_has_many_writings(text: str) -> None:
    """All are read alike."""
    assert (2031, 3, 4) in found(text)[0]


def test_a_day_with_strokes_has_two_readings() -> None:
    """Nobody can tell which of them is the month."""
    assert found("4/3/2031")[0] == {(2031, 3, 4), (2031, 4, 3)}
    assert found("14/3/2031")[0] == {(2031, 3, 14)}


def test_a_year_may_be_left_out() -> None:
    """The day is known all the same."""
    assert found("by 6 September")[0] == {(None, 9, 6)}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("at 16:25", (16, 25)),
        ("4:25 pm", (16, 25)),
        ("4 p.m. sharp", (16, 0)),
        ("12 am", (0, 0)),
        ("2031-04-14T04:25:00Z", (4, 25)),
        ("2031-04-14 04:25", (4, 25)),
    ],
)
def test_times_of_day_are_read(text: str, time: Time) -> None:
    """By the clock of 12 hours or of 24, with or without seconds."""
    assert time in found(text)[1]


@pytest.mark.parametrize("text", ["4:3", "99:10", "32 March", "2031-13-01", "1.2.3", "4 people"])
def test_other_figures_are_neither(text: str) -> None:
    """Ratios, versions and counts."""
    assert found(text) == (set(), set())


@settings(deadline=None)
@given(st.text())
def test_any_text_is_looked_through(text: str) -> None:
    """Moments stand within it."""
    assert all(0 <= m.start < m.end <= len(text) for m in find_moments(text))
