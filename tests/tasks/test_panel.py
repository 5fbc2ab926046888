"""The panel's arithmetic."""

import pytest

from schemas.rows import Vote
from tasks.panel import conclude, decide


def votes(*answers: str | None) -> list[Vote]:
    """Return one vote per answer."""
    return [Vote(seat=str(n), endpoint="e", answer=a, call="k") for n, a in enumerate(answers)]


@pytest.mark.parametrize(
    ("answers", "label"),
    [
        (("none", "none"), "none"),
        (("none", "clear", "clear"), "clear"),
        (("none", "some", "clear"), "split"),
        (("none", None, "clear"), "unknown"),
        ((None, "none", "none"), "none"),
        ((None, None, None), "unknown"),
    ],
)
def test_a_majority_of_all_seats_decides(answers: tuple[str | None, ...], label: str) -> None:
    """An unreadable vote is never counted as an answer; without a majority it is unknown."""
    assert conclude(votes(*answers), 3) == label


def test_one_vote_of_three_decides_nothing() -> None:
    """A majority is of the seats, not of the votes cast."""
    assert decide(votes("none"), 3) is None
