"""The facts of a text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.judging.evidence import Evidence
from tasks.judging.facts import find_facts


def exact(text: str) -> set[str]:
    """Return the facts of a text that are no mere counts."""
    return {fact.text for fact in find_facts(text) if fact.exact}


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("I mailed ida@example.com and @north_otter17.", {"ida@example.com", "@north_otter17"}),
        ("See https://example.org/a?b=1, please!", {"https://example.org/a?b=1"}),
        ("Order `ABC-123` (hash e43835d14801) is paid.", {"ABC-123", "e43835d14801"}),
        ("Saved to plans/notes.md and /srv/data.", {"plans/notes.md", "/srv/data"}),
        ("It costs 5 EUR, $7 or 12.50.", {"5", "$7", "12.50"}),
        ("It has 1,250 rows and 40 columns", {"1,250", "40"}),
        ("On 4 March 2031 at 10:30 and 5 pm", {"4 March 2031", "10:30", "5 pm"}),
        ("I took three steps and 2 mails, in 1 go.", set()),
        ("1. First\n2. Second\n12) Twelfth", set()),
        ("All done. and/or e.g. either/or... i.e. that's finished.Then", set()),
        ("**40** and _no_ more", {"40"}),
        ("Ida's 30-40 guests", {"30-40"}),
        ("host hub-37.example.net answers over 6 hops", {"hub-37.example.net"}),
    ],
)
def test_facts_are_told_from_words(text: str, facts: set[str]) -> None:
    """Numbers, moments and names of things; counts below ten and list marks are none."""
    assert exact(text) == facts


def test_a_rounded_number_stands_where_it_is_said_to_be_one() -> None:
    """`about 6.27` is covered by 6.266764, a bare 6.27 is not."""
    evidence = Evidence('{"balance":"6.266764 BTC"}')
    assert [f.stands_in(evidence) for f in find_facts("about 6.27 left")] == [True]
    assert [f.stands_in(evidence) for f in find_facts("it is 6.27 now")] == [False]


def test_a_range_stands_where_its_ends_do() -> None:
    """30-40 is said by 30 and 40."""
    (fact,) = find_facts("30-40")
    assert fact.stands_in(Evidence("from 30 to 40"))
    assert not fact.stands_in(Evidence("from 30 to 41"))


@settings(deadline=None)
@given(st.text())
def test_a_text_supports_its_own_facts(text: str) -> None:
    """What a text states stands in it."""
    evidence = Evidence(text)
    assert all(fact.stands_in(evidence) for fact in find_facts(text))
