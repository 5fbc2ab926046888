"""Near-duplicates."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.duplicates import Seen, shingles, similarity

LONG = " ".join(f"word{n}" for n in range(60))


def test_a_text_with_one_word_changed_is_a_near_duplicate() -> None:
    """Sixty words with one exchanged share more than 80 % of their 5-grams."""
    seen = Seen(0.8)
    assert seen.take("a", LONG)
    assert not seen.take("b", LONG.replace("word59", "other"))


def test_texts_on_other_things_are_both_taken() -> None:
    """Different words are no duplicates."""
    seen = Seen(0.8)
    assert seen.take("a", LONG)
    assert seen.take("b", LONG.replace("word", "term"))


@given(st.text(), st.text())
def test_similarity_is_a_share_and_one_for_equal_texts(one: str, other: str) -> None:
    """Jaccard similarity is symmetric, within 0 and 1, and 1 for the same text."""
    a, b = shingles(one), shingles(other)
    assert similarity(a, b) == similarity(b, a)
    assert 0 <= similarity(a, b) <= 1
    assert similarity(a, a) == 1
