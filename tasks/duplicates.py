"""Near-duplicate texts, by Jaccard similarity of their word 5-grams."""

import math
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Taken:
    """A text, how many 5-grams it has, and of which kind it is."""

    text: str
    grams: int
    kind: str


class Seen:
    """Texts taken so far; says of a new one which kinds of them it is too like.

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
        self._taken: list[_Taken] = []
        self._by_gram: dict[int, list[int]] = {}  # places of texts, by their rarest 5-grams
        self._counts = array("I", bytes(4 * BUCKETS))
        self._known = {text: _hashes(text) for text in texts}
        for hashes in self._known.values():
            for gram in hashes:
                self._counts[gram % BUCKETS] += 1

    def take(self, text: str, kind: str = "") -> frozenset[str]:
        """Take a text unless it is like taken ones; return the kinds of those, so none if taken."""
        hashes = self._known.get(text) or _hashes(text)
        rarest = self._rarest(hashes)
        if found := self._resembled(text, len(hashes), rarest):
            return found
        for gram in rarest:
            self._by_gram.setdefault(gram, []).append(len(self._taken))
        self._taken.append(_Taken(text, len(hashes), kind))
        return found

    def _rarest(self, hashes: Sequence[int]) -> list[int]:
        """Return the hashes of so many elements that any similar set shares one of them."""
        counts = self._counts
        ordered = sorted((counts[gram % BUCKETS], gram) for gram in hashes)
        shared = math.ceil(self._threshold * len(hashes) - ROUNDING)
        return [gram for _, gram in ordered[: len(hashes) - shared + 1]]

    def _resembled(self, text: str, count: int, rarest: Iterable[int]) -> frozenset[str]:
        """Return the kinds of taken texts that a text of `count` 5-grams is like."""
        places = {place for gram in rarest for place in self._by_gram.get(gram, ())}
        least, most = self._threshold * count, count / self._threshold
        near = [
            taken
            for taken in (self._taken[place] for place in places)
            if least - ROUNDING <= taken.grams <= most + ROUNDING
        ]
        grams = shingles(text) if near else frozenset()
        return frozenset(each.kind for each in near if self._is_like(grams, shingles(each.text)))

    def _is_like(self, grams: frozenset[Gram], other: frozenset[Gram]) -> bool:
        similar = similarity(grams, other) >= self._threshold
        return similar and _is_found(grams, other, self._threshold)


def _hashes(text: str) -> "array[int]":
    return array("q", map(hash, shingles(text)))


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
