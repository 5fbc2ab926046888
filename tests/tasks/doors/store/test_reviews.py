"""Reviews in a store."""

from pathlib import Path

from schemas.rows import Review
from tasks.doors.quality import gate
from tasks.doors.store import Store

SAID = Review(
    id="review-0123456789abcdef0123", slot="s/review", subject="instruction-1", check="semantic",
    category="privacy", intent="benign", instruction="instruction-1", verdict="accept",
    outcome="rejected", masked=False, note="why", reviewed_at="2030-01-01T00:00:00+00:00",
)  # fmt: skip


async def test_a_later_verdict_takes_the_place_of_the_earlier(tmp_path: Path) -> None:
    """What is saved is there when the store is opened again; what is removed isn't."""
    url = f"duckdb:///{tmp_path / 's.duckdb'}"
    other = SAID.model_copy(update={"id": f"{SAID.id[:-1]}4", "instruction": "instruction-2"})
    changed = SAID.model_copy(update={"verdict": "relabel", "label": "harmful"})
    with Store.open(url) as store:
        for review in (SAID, other, changed):
            await store.save_review(review)
        await store.remove_review(other.id)
        await store.remove_review(other.id)
    with Store.open(url) as store:
        assert await store.reviews() == [changed]


async def test_a_store_of_before_reviews_has_none(tmp_path: Path) -> None:
    """The table is made when it is missing."""
    with Store.open(f"duckdb:///{tmp_path / 's.duckdb'}") as store:
        assert await store.reviews() == []


def test_the_suite_holds_for_what_is_saved() -> None:
    """And stops a harmful request that was read without --reveal."""
    assert gate("reviews", [SAID]).success
    (found,) = gate("reviews", [SAID.model_copy(update={"intent": "harmful"})]).failed
    assert found.expectation == "harm_was_revealed"
