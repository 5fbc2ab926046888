"""Reviews in a file, as a build finds them."""

import asyncio
from pathlib import Path

from schemas.rows import Review
from schemas.workspace import Workspace
from tasks.doors.pending import Act, append_act, read_acts, take_in_acts
from tasks.doors.store import Store


def review(number: int, verdict: str = "accept") -> Review:
    """Return a review of a request."""
    return Review.model_validate({
        "id": f"review-{number}", "slot": "s", "subject": f"instruction-{number}",
        "check": "semantic", "category": "privacy", "intent": "benign",
        "instruction": f"instruction-{number}", "verdict": verdict, "outcome": "accepted",
        "masked": False, "reviewed_at": "2030-01-01",
    })  # fmt: skip


def test_what_waits_comes_into_the_store_in_its_order(tmp_path: Path) -> None:
    """Later ones outdo earlier ones, what was taken back is gone, and the file is empty."""
    place = Workspace(tmp_path)
    for act in (Act(given=review(1)), Act(given=review(2)), Act(given=review(1, "reject")),
                Act(forgotten="review-2")):  # fmt: skip
        append_act(place, act)
    with Store.open(place.store_url) as store:
        assert asyncio.run(take_in_acts(place, store)) == 4
        assert asyncio.run(store.reviews()) == [review(1, "reject")]
        assert asyncio.run(take_in_acts(place, store)) == 0
    assert read_acts(place) == []


def test_a_line_that_was_cut_off_takes_nothing_with_it(tmp_path: Path) -> None:
    """A process that died while it wrote had confirmed nothing."""
    place = Workspace(tmp_path)
    append_act(place, Act(given=review(1)))
    with place.reviews.open("ab") as file:
        file.write(b'{"given": {"id": "rev')
    append_act(place, Act(given=review(2)))
    assert [act.given and act.given.id for act in read_acts(place)] == ["review-1", "review-2"]
