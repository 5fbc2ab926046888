"""Near-duplicate texts, by Jaccard similarity of their word 5-grams."""

import re
from collections.abc import Iterable
from functools import cache

from datasketch import MinHash, MinHashLSH  # type: ignore[import-untyped]  # ships no types

WORDS = 5
PERMUTATIONS = 64
SLACK = 0.1  # candidates are sought this far below the threshold, then compared exactly


def shingles(text: str) -> frozenset[str]:
    """Return the word 5-grams of a text, or the whole text where it is shorter."""
    words = re.findall(r"\w+", text.casefold())
    grams = (" ".join(words[i : i + WORDS]) for i in range(max(1, len(words) - WORDS + 1)))
    return frozenset(grams)


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard similarity of two sets, 0 to 1."""
    return len(one & other) / len(one | other)


class Seen:
    """Texts taken so far; says of a new one whether it is too like one of them."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._index = MinHashLSH(threshold=max(0.1, threshold - SLACK), num_perm=PERMUTATIONS)
        self._taken: dict[str, frozenset[str]] = {}

    def take(self, key: str, text: str) -> bool:
        """Take a text unless it is a near-duplicate; say whether it was taken."""
        grams = shingles(text)
        sketch = _sketch(grams)
        if self._holds(grams, sketch):
            return False
        self._index.insert(key, sketch)
        self._taken[key] = grams
        return True

    def holds(self, text: str) -> bool:
        """Whether a text is a near-duplicate of one that was taken."""
        grams = shingles(text)
        return self._holds(grams, _sketch(grams))

    def _holds(self, grams: frozenset[str], sketch: MinHash) -> bool:
        near = self._index.query(sketch)
        return any(similarity(grams, self._taken[other]) >= self._threshold for other in near)


@cache
def _empty_sketch() -> MinHash:
    return MinHash(num_perm=PERMUTATIONS, seed=1)


def _sketch(grams: Iterable[str]) -> MinHash:
    sketch = _empty_sketch().copy()
    sketch.update_batch([gram.encode() for gram in sorted(grams)])
    return sketch
