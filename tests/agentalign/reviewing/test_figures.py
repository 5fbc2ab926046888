"""Figures of filters: by hand, against a known truth, and what can't be said."""

from collections.abc import Callable
from dataclasses import replace
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign.reviewing.draw import draw_subjects
from agentalign.reviewing.figures import (
    Figures,
    Sampled,
    Share,
    make_figures,
    share_of_sum,
    total,
)
from agentalign.reviewing.frame import Frame, Subject
from schemas.rows import Intent
from tasks.audit.wilson import wilson
from tests.agentalign.reviewing.samples import reviewed, subject

Liked = Callable[[Subject], bool]


def make_frame(counts: dict[Intent, tuple[int, int]]) -> list[Subject]:
    """Return for each intent so many rows that a filter accepted, and rejected."""
    return [
        subject(number, intent, accepted=number < accepted)
        for intent, (accepted, rejected) in counts.items()
        for number in range(accepted + rejected)
    ]


def review(frame: list[Subject], count: int, seed: int, liked: Liked) -> Frame:
    """Return the rows of a frame after a sitting."""
    drawn = draw_subjects(frame, count, seed)
    said = {s.row.id: reviewed(s, "accept" if liked(s) else "reject") for s in drawn}
    return Frame([replace(s, review=said.get(s.row.id)) for s in frame])


def of_intent(found: list[Figures], intent: str) -> Figures:
    """Return the figures of an intent."""
    return next(each for each in found if each.intent == intent)


def test_a_sample_is_weighted_back_to_the_rows_it_was_drawn_from() -> None:
    """27 of 30 of 900 accepted rows are good, and 5 of 20 of 100 rejected ones."""
    accepted, rejected = Sampled(900, 30, 27), Sampled(100, 20, 5)
    right, missed = total([accepted]), total([rejected])
    same = total([accepted, rejected.misses])
    assert right
    assert missed
    assert same
    assert (right.value, missed.value, same.value) == pytest.approx((810, 25, 885))
    recall = share_of_sum(right, missed)
    assert recall
    assert recall.value == pytest.approx(810 / 835)
    assert recall.low < 0.97 < recall.high


def test_the_bounds_of_one_large_stratum_are_wilsons() -> None:
    """Where the rows are many more than the sample, nothing is drawn in."""
    found = total([Sampled(10**9, 40, 31)])
    assert found
    assert (found.low / 1e9, found.high / 1e9) == pytest.approx(wilson(31, 40), rel=1e-6)


def test_a_frame_reviewed_whole_has_the_truth_and_no_bounds() -> None:
    """Precision 8 of 10, recall 8 of 10, and 11 of 15 are seen alike."""
    good = set(range(8)) | {10, 11}
    frame = review(make_frame({"benign": (10, 5)}), 15, 0, lambda s: s.row.slot in
                   {f"benign/{n}" for n in good})  # fmt: skip
    found = of_intent(make_figures(frame), "benign")
    assert found.precision == Share(value=0.8, low=0.8, high=0.8)
    assert found.recall == Share(value=0.8, low=0.8, high=0.8)
    assert found.agreement
    assert found.agreement.value == pytest.approx(11 / 15)
    # chance: 2/3 accepted, 2/3 liked
    assert found.kappa == pytest.approx((11 / 15 - 5 / 9) / (4 / 9))


def test_bounds_hold_the_truth_nineteen_times_of_twenty() -> None:
    """Over many draws from rows whose truth is known, estimates centre on it as well."""
    # precision 0.9, recall 180 of 192: 12 good ones among the 60 that were kept out
    frame = make_frame({"benign": (200, 60)})
    good = {s.row.id for s in frame[:180]} | {s.row.id for s in frame[200:212]}
    found = [
        of_intent(make_figures(review(frame, 60, seed, lambda s: s.row.id in good)), "benign")
        for seed in range(200)
    ]
    for truth, shares in (
        (0.9, [f.precision for f in found]),
        (180 / 192, [f.recall for f in found]),
        ((180 + 48) / 260, [f.agreement for f in found]),
    ):
        held = [share for share in shares if share]
        assert len(held) == 200
        assert mean(share.value for share in held) == pytest.approx(truth, abs=0.01)
        assert mean(share.low <= truth <= share.high for share in held) >= 0.93


def test_all_intents_together_count_by_their_rows() -> None:
    """A hundred benign rows weigh more than ten borderline ones, though as many were drawn."""
    frame = make_frame({"benign": (100, 0), "borderline": (10, 0)})
    found = make_figures(review(frame, 20, 0, lambda s: s.row.intent == "benign"))
    assert of_intent(found, "all").precision
    precision = of_intent(found, "all").precision
    assert precision
    assert precision.value == pytest.approx(100 / 110)


def test_what_was_not_reviewed_is_not_guessed() -> None:
    """Without a word on what was kept out there is a precision but no recall."""
    frame = make_frame({"benign": (10, 10)})
    drawn = draw_subjects([s for s in frame if s.outcome == "accepted"], 5, 0)
    said = {s.row.id: reviewed(s, "accept") for s in drawn}
    seen = Frame([replace(s, review=said.get(s.row.id)) for s in frame])
    found = of_intent(make_figures(seen), "benign")
    assert found.precision
    assert (found.recall, found.agreement, found.kappa) == (None, None, None)


@settings(deadline=None)
@given(
    st.lists(
        st.integers(1, 500).flatmap(
            lambda rows: st.integers(1, rows).flatmap(
                lambda n: st.integers(0, n).map(lambda k: Sampled(rows, n, k))
            )
        ),
        min_size=2, max_size=5,
    )
)  # fmt: skip
def test_a_value_lies_between_its_bounds(strata: list[Sampled]) -> None:
    """And both within what a share can be."""
    one, other = total(strata[:1]), total(strata[1:])
    assert one
    assert other
    assert -1e-9 <= other.low <= other.value + 1e-9
    assert other.value <= other.high + 1e-9
    assert other.high <= sum(part.rows for part in strata[1:]) + 1e-6
    share = share_of_sum(one, other)
    if share is not None:
        assert -1e-9 <= share.low <= share.value + 1e-9
        assert share.value <= share.high + 1e-9
        assert share.high <= 1 + 1e-9
