"""Whether a text is too like one of a benchmark's, for results on the benchmark to mean much."""

from collections import Counter
from functools import cache
from typing import Literal

from datasketch import MinHash, MinHashLSH  # type: ignore[import-untyped]  # ships no types

from tasks.audit.benchmarks import Benchmarks
from tasks.audit.words import runs, words
from tasks.duplicates import similarity

NGRAM = 8  # words
THRESHOLD = 0.5
SHINGLE = 3  # words
COMMON = 16  # texts of a benchmark: what stands in more of them is a turn of phrase of its writers
PERMUTATIONS = 128
SLACK = 0.15  # candidates are sought this far below the threshold, then compared exactly

Match = Literal["exact", "ngram", "minhash"]


class Contamination:
    """Compares texts with those of benchmarks."""

    def __init__(
        self, benchmarks: Benchmarks, ngram: int = NGRAM, threshold: float = THRESHOLD
    ) -> None:
        self._ngram, self._threshold = ngram, threshold
        known = {" ".join(read): read for text in benchmarks.texts if (read := words(text))}
        self._whole = frozenset(known)
        counts = Counter(gram for read in known.values() for gram in grams(read, ngram))
        self._grams = frozenset(gram for gram, texts in counts.items() if texts <= COMMON)
        self._shingles = {whole: grams(read, SHINGLE) for whole, read in known.items()}
        self._index = MinHashLSH(threshold=max(0.1, threshold - SLACK), num_perm=PERMUTATIONS)
        for whole, shingles in self._shingles.items():
            self._index.insert(whole, _sketch(shingles))

    def of(self, text: str) -> Match | None:
        """Return how a text is like one of a benchmark's, None if it is like none.

        `exact`: the same words. `ngram`: as many words in a row stand in both, or one of them
        is shorter and equal. `minhash`: the sets of their word 3-grams are as similar as the
        threshold. Case, punctuation and spacing never count.
        """
        read = words(text)
        if " ".join(read) in self._whole:
            return "exact"
        if not self._grams.isdisjoint(grams(read, self._ngram)):
            return "ngram"
        shingles = grams(read, SHINGLE)
        near = self._index.query(_sketch(shingles))
        if any(similarity(shingles, self._shingles[w]) >= self._threshold for w in near):
            return "minhash"
        return None


def grams(read: list[str], length: int) -> frozenset[str]:
    """Return the word n-grams of a text, or the whole text where it is shorter."""
    found = frozenset(" ".join(run) for run in runs(read, length))
    return found or frozenset([" ".join(read)])


@cache
def _empty_sketch() -> MinHash:
    return MinHash(num_perm=PERMUTATIONS, seed=1)


def _sketch(of: frozenset[str]) -> MinHash:
    sketch = _empty_sketch().copy()
    sketch.update_batch([gram.encode() for gram in sorted(of)])
    return sketch
