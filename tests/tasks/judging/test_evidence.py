"""What stands in texts, and what only seems to."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.base import JsonValue
from tasks.judging.evidence import Evidence

SOURCES: tuple[JsonValue, ...] = (
    "Mail ida@example.com about \u201cBlue mugs\u201d; pay 1,250.00 EUR and 12.50 for two of them.",
    '{"order":{"id":"prod-12","at":"2031-04-14T04:25:00Z"},"url":"https://copperleaf.example/a/b",'
    '"phone":"404-555-0112","note":"first\\nnext-7","sizes":[1200,900],"path":"plans/notes.md"}',
    {"rate": 0.015, "count": 40, "tag": "Caf\u00e9"},
)
EVIDENCE = Evidence(*SOURCES)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ida@example.com", True),
        ("IDA@EXAMPLE.COM", True),
        ("da@example.com", False),
        ("ida@example.co", False),
        ("prod-12", True),
        ("prod-1", False),
        ("prod-123", False),
        ("next-7", True),
        ("copperleaf.example/a/b", True),
        ("http://www.copperleaf.example/a/b/", True),
        ("https://copperleaf.example/a/c", False),
        ("404 555 0112", True),
        ("+1 404 555 0113", False),
        ("plans/notes.md", True),
        ("./plans/notes.md", True),
        ("caf\u00e9", True),
        ("", False),
    ],
)
def test_a_name_stands_as_a_whole(name: str, said: bool) -> None:
    """Case, scheme and separators of a phone number don't matter; a part is not the name."""
    assert EVIDENCE.says_name(name) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("1250", True),
        ("12.5", True),
        ("12.50", True),
        ("2", True),
        ("0.015", True),
        ("40", True),
        ("1200", True),
        ("900", True),
        ("2031", True),
        ("125", False),
        ("1", False),
        ("250", False),
        ("1250.5", False),
        ("12", False),
        ("4", False),
        ("15", False),
        ("2032", False),
        ("7", False),
    ],
)
def test_a_number_stands_in_any_writing(number: str, said: bool) -> None:
    """As digits, with grouping, closing zeros, or as a word; never as part of another."""
    assert EVIDENCE.says_number(Decimal(number)) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Blue mugs", True),
        ("blue mug", True),
        ("mugs blue", True),
        ("Mugs Blue", False),
        ("Blue mugsy", False),
        ("Red mugs", False),
    ],
)
def test_few_words_stand_in_a_row(text: str, said: bool) -> None:
    """Plain ones in any order and with another ending; names as they are."""
    assert EVIDENCE.says_words(text.split()) == said


def test_dates_and_times_stand_in_other_writings() -> None:
    """A year that one of the two leaves out is no difference."""
    assert EVIDENCE.says_date([(2031, 4, 14)])
    assert EVIDENCE.says_date([(None, 4, 14)])
    assert not EVIDENCE.says_date([(2032, 4, 14)])
    assert Evidence("by 14.3.2031").says_date([(2031, 3, 14)])
    assert not Evidence("by 14.3.2031").says_date([(2031, 3, 4)])
    assert EVIDENCE.says_time([(4, 25)])
    assert not EVIDENCE.says_time([(4, 26)])


def test_what_is_added_is_found() -> None:
    """Evidence grows with a conversation."""
    evidence = Evidence("no date yet")
    assert not evidence.says_date([(2031, 4, 14)])
    evidence.add("14 April 2031")
    assert evidence.says_date([(2031, 4, 14)])


def test_a_path_of_plain_text_keeps_its_strokes() -> None:
    """Only JSON has escapes."""
    assert Evidence(r"open C:\new\table.txt").says_name(r"C:\new\table.txt")


@settings(deadline=None)
@given(st.text(), st.text())
def test_any_text_says_itself(text: str, other: str) -> None:
    """Nothing raises; a wording between spaces is found."""
    evidence = Evidence(f"{other} {text} {other}")
    evidence.says_name(other)
    evidence.says_words(other.split())
    assert 0 <= evidence.share_of_words(text) <= 1


@settings(deadline=None)
@given(
    st.integers(min_value=10, max_value=10**7), st.sampled_from(["{} ", "{:,} ", "a: {}.", "({})"])
)
def test_a_number_is_said_by_its_writings_alone(number: int, form: str) -> None:
    """And its neighbour is not."""
    evidence = Evidence(f"It is {form.format(number)} in all.")
    assert evidence.says_number(Decimal(number))
    assert not evidence.says_number(Decimal(number + 1))
