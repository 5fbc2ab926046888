"""Near-duplicates."""

from datasketch import MinHash, MinHashLSH  # type: ignore[import-untyped]  # ships no types
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.duplicates import PERMUTATIONS, SLACK, Seen, shingles, similarity

LONG = " ".join(f"word{n}" for n in range(60))


def test_a_text_with_one_word_changed_is_a_near_duplicate() -> None:
    """Sixty words with one exchanged share more than 80 % of their 5-grams."""
    seen = Seen(0.8)
    assert not seen.take(LONG, "one")
    assert seen.take(LONG.replace("word59", "other"), "another") == {"one"}


def test_texts_on_other_things_are_both_taken() -> None:
    """Different words are no duplicates."""
    seen = Seen(0.8)
    assert not seen.take(LONG)
    assert not seen.take(LONG.replace("word", "term"))


@given(st.text(), st.text())
def test_similarity_is_a_share_and_one_for_equal_texts(one: str, other: str) -> None:
    """Jaccard similarity is symmetric, within 0 and 1, and 1 for the same text."""
    a, b = shingles(one), shingles(other)
    assert similarity(a, b) == similarity(b, a)
    assert 0 <= similarity(a, b) <= 1
    assert similarity(a, a) == 1


def find_by_min_hashing(texts: list[str], threshold: float) -> list[bool]:
    """Return which texts are taken where every one is looked for by min-hashing."""
    index = MinHashLSH(threshold=threshold - SLACK, num_perm=PERMUTATIONS)
    taken: dict[str, str] = {}
    answers = []
    for number, text in enumerate(texts):
        sketch = MinHash(num_perm=PERMUTATIONS, seed=1)
        sketch.update_batch([" ".join(gram).encode() for gram in shingles(text)])
        near = [shingles(taken[name]) for name in index.query(sketch)]
        found = any(similarity(shingles(text), other) >= threshold for other in near)
        answers.append(not found)
        if not found:
            index.insert(str(number), sketch)
            taken[str(number)] = text
    return answers


WORD_LISTS = st.lists(st.sampled_from("abc"), min_size=1, max_size=14)


@settings(deadline=None)  # the first one imports scientific libraries
@given(st.lists(WORD_LISTS, max_size=12), st.sampled_from([0.5, 0.8, 0.85, 1.0]), st.booleans())
def test_looking_at_the_rarest_grams_first_changes_no_answer(
    texts: list[list[str]], threshold: float, known: bool
) -> None:
    """What is taken is what min-hashing of every text takes, told of the texts or not."""
    said = [" ".join(words) for words in texts]
    seen = Seen(threshold, said if known else ())
    assert [not seen.take(text) for text in said] == find_by_min_hashing(said, threshold)
