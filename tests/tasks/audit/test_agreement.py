"""Agreement of judges."""

import random
from collections.abc import Sequence
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.audits import ALL, Concord
from schemas.rows import Outcome, Vote
from tasks.audit.agreement import Poll, audit_agreement, concord

SEATS = ("policy", "purpose", "outcome")

# ten subjects, five labels, fourteen judges: how many gave each label to each subject
# Source: the worked example of Fleiss' kappa in its encyclopaedia article; kappa is 0.210
EXAMPLE = (
    (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
)  # fmt: skip

LABELS = st.integers(2, 5).flatmap(
    lambda judges: st.lists(
        st.lists(st.sampled_from(["none", "some", "clear"]), min_size=judges, max_size=judges),
        min_size=1,
        max_size=8,
    )
)


def poll(
    *answers: str | None,
    check: str = "semantic",
    category: str = "privacy",
    outcome: Outcome = "accepted",
    drawn: bool = True,
) -> Poll:
    """Return a poll in which the first seats gave these answers."""
    votes = tuple(
        Vote(seat=seat, endpoint="judge", answer=answer, call=f"call-{seat}")
        for seat, answer in zip(SEATS, answers, strict=False)
    )
    return Poll(check, category, outcome, votes, drawn)


def slow_kappa(subjects: Sequence[Sequence[str]]) -> float | None:
    """Return kappa from every ordered pair of votes, one by one."""
    within = [a == b for labels in subjects for a, b in permutations(labels, 2)]
    votes = [label for labels in subjects for label in labels]
    across = [a == b for a, b in product(votes, votes)]
    observed, expected = sum(within) / len(within), sum(across) / len(across)
    return None if all(across) else (observed - expected) / (1 - expected)


def test_the_worked_example_comes_out() -> None:
    """Its kappa is 0.210, as published."""
    subjects = [[str(label) for label, n in enumerate(row) for _ in range(n)] for row in EXAMPLE]
    assert concord(subjects).kappa == pytest.approx(0.210, abs=0.0005)


@settings(deadline=None)
@given(LABELS)
def test_kappa_is_what_counting_every_pair_gives(subjects: list[list[str]]) -> None:
    """It agrees with the slow way, and is never above 1."""
    found = concord(subjects)
    assert found.kappa == pytest.approx(slow_kappa(subjects))
    assert found.kappa is None or found.kappa <= 1
    assert found.observed is not None


@settings(deadline=None)
@given(LABELS, st.randoms(use_true_random=False))
def test_neither_order_nor_names_of_labels_matter(
    subjects: list[list[str]], dice: random.Random
) -> None:
    """Shuffled subjects and votes under other names give the same figures exactly."""
    shuffled = [[f"it is {label}" for label in dice.sample(labels, len(labels))]
                for labels in dice.sample(subjects, len(subjects))]  # fmt: skip
    assert concord(shuffled) == concord(subjects)


def test_one_label_throughout_has_agreement_but_no_kappa() -> None:
    """Kappa is undefined where chance would agree as well."""
    assert concord([["none"] * 3] * 4) == Concord(subjects=4, observed=1.0, kappa=None)


def test_one_judge_has_nobody_to_agree_with() -> None:
    """Neither has no subject at all."""
    assert concord([["none"], ["clear"]]) == Concord(subjects=2, observed=None, kappa=None)
    assert concord([]) == Concord(subjects=0, observed=None, kappa=None)


def test_only_subjects_that_every_seat_judged_readably_count() -> None:
    """Two votes of three, and three with an unreadable one, are no full poll; both are counted."""
    polls = [
        poll("none", "none", "none"),
        poll("none", "clear", "clear"),
        poll("none", "none"),
        poll("none", None, "clear", outcome="unknown"),
    ]
    found = audit_agreement(polls, SEATS).checks["semantic"][ALL]
    assert (found.subjects, found.votes, found.unreadable) == (4, 11, 1)
    assert found.unknown == 0.25
    assert found.full == found.drawn == concord([["none"] * 3, ["none", "clear", "clear"]])


def test_polls_that_were_full_because_of_a_dispute_are_apart() -> None:
    """The figure of those drawn by lot is not pulled down by them."""
    polls = [poll("none", "none", "none"), poll("clear", "clear", "clear")]
    polls += [poll("none", "clear", "none", drawn=False)] * 8
    found = audit_agreement(polls, SEATS).checks["semantic"][ALL]
    assert (found.drawn.subjects, found.drawn.kappa) == (2, 1.0)
    assert found.full.subjects == 10
    assert found.full.kappa is not None
    assert found.full.kappa < 0.2


def test_checks_and_categories_are_apart() -> None:
    """Each has its own figures, and each check those of all its categories together."""
    polls = [
        poll("none", "none", "none"),
        poll("clear", "clear", "some", category="fraud"),
        poll("refused", "refused", "refused", check="response"),
        poll(check="execution"),
    ]
    found = audit_agreement(polls, SEATS).checks
    assert {check: list(of) for check, of in found.items()} == {
        "response": [ALL, "privacy"],
        "semantic": [ALL, "fraud", "privacy"],
    }
    assert found["semantic"][ALL].subjects == 2
    assert found["semantic"]["fraud"].full.observed == pytest.approx(1 / 3)
