"""Near-duplicate texts, by Jaccard similarity of their word 5-grams."""

import math
import re
from array import array
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from datasketch import MinHash, MinHashLSH  # type: ignore[import-untyped]  # ships no types

WORDS = 5
PERMUTATIONS = 64
SLACK = 0.1  # candidates are sought this far below the threshold, then compared exactly
BUCKETS = 2**22  # that 5-grams are counted in; two in one bucket cost time alone
ROUNDING = 1e-9


Gram = tuple[str, ...]
T = TypeVar("T")


def shingles(text: str) -> frozenset[Gram]:
    """Return the word 5-grams of a text, or the whole text where it is shorter."""
    words = re.findall(r"\w+", text.casefold())
    if len(words) < WORDS:
        return frozenset([tuple(words)])
    return frozenset(zip(*(words[i:] for i in range(WORDS)), strict=False))


def similarity(one: frozenset[T], other: frozenset[T]) -> float:
    """Return the Jaccard similarity of two sets, 0 to 1."""
    return len(one & other) / len(one | other)


class Seen:
    """Texts taken so far; says of a new one whether it is too like one of them.

    What it says is what min-hashing finds. But hardly any text has a near-duplicate, and that
    one has none can be seen without it: of two similar sets, each in the same order, the few
    elements that come first have one in common (prefix filtering). With the rarest first,
    hardly any two texts do.

    Source: Chaudhuri, Ganti, Kaushik, "A Primitive Operator for Similarity Joins in Data
    Cleaning" (ICDE 2006).
    """

    def __init__(self, threshold: float, texts: Iterable[str] = ()) -> None:
        """Make one that has taken nothing; it is quicker where it knows the `texts` to come."""
        self._threshold = threshold
        self._taken: list[tuple[str, int]] = []  # texts, and how many 5-grams they have
        self._by_gram: dict[int, list[int]] = {}  # places of texts, by their rarest 5-grams
        self._counts = array("I", bytes(4 * BUCKETS))
        for text in texts:
            for gram in shingles(text):
                self._counts[hash(gram) % BUCKETS] += 1

    def take(self, text: str) -> bool:
        """Take a text unless it is a near-duplicate; say whether it was taken."""
        grams = shingles(text)
        rarest = self._rarest(grams)
        if self._resembles(grams, rarest):
            return False
        for gram in rarest:
            self._by_gram.setdefault(gram, []).append(len(self._taken))
        self._taken.append((text, len(grams)))
        return True

    def holds(self, text: str) -> bool:
        """Whether a text is a near-duplicate of one that was taken."""
        grams = shingles(text)
        return self._resembles(grams, self._rarest(grams))

    def _resembles(self, grams: frozenset[Gram], rarest: Iterable[int]) -> bool:
        similar = self._similar(grams, rarest)
        return any(_is_found(grams, other, self._threshold) for other in similar)

    def _rarest(self, grams: frozenset[Gram]) -> list[int]:
        """Return the hashes of so many elements that any similar set shares one of them."""
        counts, hashes = self._counts, list(map(hash, grams))
        ordered = sorted((counts[gram % BUCKETS], gram) for gram in hashes)
        shared = math.ceil(self._threshold * len(grams) - ROUNDING)
        return [gram for _, gram in ordered[: len(grams) - shared + 1]]

    def _similar(self, grams: frozenset[Gram], rarest: Iterable[int]) -> Iterator[frozenset[Gram]]:
        """Yield the sets of taken texts that are similar."""
        places = {place for gram in rarest for place in self._by_gram.get(gram, ())}
        least, most = self._threshold * len(grams), len(grams) / self._threshold
        for text, count in (self._taken[place] for place in places):
            if least - ROUNDING <= count <= most + ROUNDING:
                other = shingles(text)
                if similarity(grams, other) >= self._threshold:
                    yield other


def _is_found(grams: frozenset[Gram], other: frozenset[Gram], threshold: float) -> bool:
    """Return whether min-hashing takes two sets for possibly similar."""
    index = _index(threshold)
    index.insert("other", _sketch(other))
    try:
        return bool(index.query(_sketch(grams)))
    finally:
        index.remove("other")


@cache
def _index(threshold: float) -> "MinHashLSH":
    from datasketch import MinHashLSH  # scientific libraries come with it

    return MinHashLSH(threshold=max(0.1, threshold - SLACK), num_perm=PERMUTATIONS)


@cache
def _empty_sketch() -> "MinHash":
    from datasketch import MinHash

    return MinHash(num_perm=PERMUTATIONS, seed=1)


def _sketch(grams: Iterable[Gram]) -> "MinHash":
    sketch = _empty_sketch().copy()
    sketch.update_batch([" ".join(gram).encode() for gram in grams])
    return sketch
