"""Whether a text is too like one of a benchmark's, for results on the benchmark to mean much."""

from collections import Counter
from collections.abc import Iterable, Sequence
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
# candidates are sought this far below the threshold, then compared exactly: of those just above
# it 1 in 1,000 is missed
SLACK = 0.3

Match = Literal["exact", "ngram", "minhash"]


class Contamination:
    """Compares texts with those of benchmarks."""

    def __init__(
        self, benchmarks: Benchmarks, ngram: int = NGRAM, threshold: float = THRESHOLD
    ) -> None:
        self._ngram, self._threshold = ngram, threshold
        known = {" ".join(read): read for text in benchmarks.texts if (read := words(text))}
        self._whole = frozenset(known)
        counts = Counter(run for read in known.values() for run in set(runs(read, ngram)))
        self._runs = frozenset(run for run, texts in counts.items() if texts <= COMMON)
        self._shingles = {whole: shingles(read) for whole, read in known.items()}
        self._any = frozenset[str]().union(*self._shingles.values())
        self._index = MinHashLSH(threshold=max(0.1, threshold - SLACK), num_perm=PERMUTATIONS)
        for whole, own in self._shingles.items():
            self._index.insert(whole, _sketch(own))

    def of(self, text: str) -> Match | None:
        """Return how a text is like one of a benchmark's, None if it is like none.

        `exact`: they have the same words. `ngram`: so many words in a row stand in both, which
        shorter texts can't have. `minhash`: the sets of their word 3-grams are as similar as
        the threshold. Case, punctuation and spacing never count.
        """
        read = words(text)
        if " ".join(read) in self._whole:
            return "exact"
        if not self._runs.isdisjoint(runs(read, self._ngram)):
            return "ngram"
        return "minhash" if self._resembles_one(shingles(read)) else None

    def _resembles_one(self, own: frozenset[str]) -> bool:
        # what shares too little with all texts together can't be like one of them
        if len(own & self._any) < self._threshold * len(own):
            return False
        near = self._index.query(_sketch(own))
        return any(similarity(own, self._shingles[whole]) >= self._threshold for whole in near)


def shingles(read: Sequence[str]) -> frozenset[str]:
    """Return the word 3-grams of a text, or the whole text where it is shorter."""
    found = frozenset(" ".join(run) for run in runs(read, SHINGLE))
    return found or frozenset([" ".join(read)])


@cache
def _empty_sketch() -> MinHash:
    return MinHash(num_perm=PERMUTATIONS, seed=1)


def _sketch(of: Iterable[str]) -> MinHash:
    sketch = _empty_sketch().copy()
    sketch.update_batch([gram.encode() for gram in sorted(of)])
    return sketch
