"""Which rows are drawn for review, and in what order."""

from dataclasses import replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign.reviewing.draw import allot, draw_subjects
from agentalign.reviewing.frame import Stratum, Subject
from schemas.rows import Intent
from tests.agentalign.reviewing.samples import answer, reviewed, subject

INTENTS: tuple[Intent, ...] = ("benign", "borderline")
BOTH = (True, False)
STRATA = [Stratum("semantic", *values) for values in product(INTENTS, BOTH, BOTH)]


def frame() -> list[Subject]:
    """Return rows of two intents, a tenth of them rejected."""
    return [subject(n, intent, accepted=n % 10 > 0) for intent in INTENTS for n in range(100)]


def test_accepted_and_rejected_rows_of_all_intents_are_drawn_alike() -> None:
    """Recall needs what was kept out: a tenth of the rows is half of the sample."""
    drawn = draw_subjects(frame(), 40, seed=0)
    strata = [s.stratum for s in drawn]
    assert {stratum: strata.count(stratum) for stratum in set(strata)} == {
        Stratum("semantic", intent, accepted, False): 10
        for intent in INTENTS
        for accepted in (True, False)
    }


def test_another_seed_draws_other_rows_and_the_same_seed_the_same() -> None:
    """The draw depends on seed and ids alone, not on the order in which rows come."""
    first = [s.row.id for s in draw_subjects(frame(), 20, seed=0)]
    assert first == [s.row.id for s in draw_subjects(reversed(frame()), 20, seed=0)]
    assert first != [s.row.id for s in draw_subjects(frame(), 20, seed=1)]


def test_what_was_reviewed_is_not_drawn_again() -> None:
    """The next sitting goes on where the last one stopped, with the next in rank."""
    rows = frame()
    whole = [s.row.id for s in draw_subjects(rows, 80, seed=0)]
    first = {s.row.id: reviewed(s, "accept") for s in draw_subjects(rows, 40, seed=0)}
    rest = draw_subjects([replace(s, review=first.get(s.row.id)) for s in rows], 40, seed=0)
    assert {s.row.id for s in rest} | set(first) == set(whole)


def test_a_reviewer_who_stops_has_read_the_lowest_ranks_of_every_stratum() -> None:
    """So that what was read is a random draw, wherever the sitting ended."""
    rows = frame()
    read = draw_subjects(rows, 60, seed=0)[:25]
    for stratum in {s.stratum for s in read}:
        own = [s.row.id for s in read if s.stratum == stratum]
        everything = draw_subjects([s for s in rows if s.stratum == stratum], 1000, seed=0)
        assert own == [s.row.id for s in everything][: len(own)]


def test_requests_come_before_answers() -> None:
    """Who has seen an answer knows that its request was let through."""
    rows = frame()[:20]
    answers = [replace(s, check="response", row=answer(s.request, "Done.")) for s in rows]
    checks = [s.check for s in draw_subjects([*answers, *rows], 1000, seed=0)]
    assert checks == ["semantic"] * 20 + ["response"] * 20


@settings(deadline=None)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=8), st.integers(0, 300))
def test_all_is_shared_out_and_no_stratum_gets_more_than_it_has(
    sizes: list[int], count: int
) -> None:
    """Strata that could take more differ by one at most."""
    named = dict(zip(STRATA, sizes, strict=False))
    shares = allot(named, count)
    assert sum(shares.values()) == min(count, sum(sizes))
    assert all(shares[stratum] <= size for stratum, size in named.items())
    open_ones = [shares[stratum] for stratum, size in named.items() if shares[stratum] < size]
    assert not open_ones or max(open_ones) - min(open_ones) <= 1
