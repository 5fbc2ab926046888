"""Numbers in their writings."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.judging.numbers import read_number, spell_number


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1250", "1250"),
        ("1,250", "1250"),
        ("1,250.00", "1250"),
        ("1 250", "1250"),
        ("1.250,50", "1250.5"),
        ("12,50", "12.5"),
        ("0.015", "0.015"),
        ("$40", "40"),
        ("40\u20ac", "40"),
        ("40EUR", "40"),
        ("71%", "71"),
        ("2nd", "2"),
        ("0", "0"),
        ("0112", None),
        ("1,25,0", None),
        ("1.2.3", None),
        ("404-555-0112", None),
        ("v2", None),
        ("3f2a", None),
        ("two", None),
        ("", None),
    ],
)
def test_a_written_number_is_read(written: str, number: str | None) -> None:
    """With grouping, currency or unit; versions, ids and phone numbers are none."""
    assert read_number(written) == (None if number is None else Decimal(number))


@settings(deadline=None)
@given(st.decimals(min_value=0, max_value=10**9, places=3))
def test_what_is_spelt_is_read_again(number: Decimal) -> None:
    """Every writing in digits means the number that it was made of, or is none by itself."""
    for spelt in spell_number(number):
        if spelt[0].isdigit() and " " not in spelt:
            # 1,234 may be a whole number or have three decimals behind a comma
            assert read_number(spelt) in (number, None) or "," in spelt


def test_small_numbers_have_words() -> None:
    """A dozen is twelve."""
    assert {"12", "twelve", "dozen"} <= set(spell_number(Decimal(12)))
