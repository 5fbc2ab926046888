"""Whether a text is too like one of a benchmark's, for results on the benchmark to mean much."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal

from tasks.audit.words import Run, runs, words
from tasks.formats.benchmarks import Benchmarks

# words: of 15,000 requests of the embedded model none has 7 in a row of texts by somebody else,
# 19 have 6, 536 have 5, and every fifth has 4
NGRAM = 8
THRESHOLD = 0.5  # Jaccard similarity
SHINGLE = 3  # words
COMMON = 16  # texts of a benchmark: what stands in more of them is a turn of phrase of its writers

Match = Literal["exact", "ngram", "similar"]


class Contamination:
    """Compares texts with those of benchmarks."""

    def __init__(
        self, benchmarks: Benchmarks, ngram: int = NGRAM, threshold: float = THRESHOLD
    ) -> None:
        self._ngram, self._threshold = ngram, threshold
        known = {read for text in benchmarks.texts if (read := tuple(words(text)))}
        self._whole = frozenset(known)
        counts = Counter(run for read in known for run in set(runs(read, ngram)))
        self._runs = frozenset(run for run, texts in counts.items() if texts <= COMMON)
        self._sizes = {read: len(shingles(read)) for read in known}
        self._having: dict[Run, list[Run]] = defaultdict(list)  # texts by shingle
        for read in known:
            for shingle in shingles(read):
                self._having[shingle].append(read)

    def of(self, text: str) -> Match | None:
        """Return how a text is like one of a benchmark's, None if it is like none.

        `exact`: they have the same words. `ngram`: so many words in a row stand in both, which
        shorter texts can't have. `similar`: the sets of their word 3-grams are as similar as
        the threshold. Case, punctuation and spacing never count.
        """
        read = words(text)
        if tuple(read) in self._whole:
            return "exact"
        if not self._runs.isdisjoint(runs(read, self._ngram)):
            return "ngram"
        return "similar" if self._similarity(shingles(read)) >= self._threshold else None

    def _similarity(self, own: frozenset[Run]) -> float:
        """Return the Jaccard similarity to the text that is most alike, as far as it matters."""
        known = own & self._having.keys()
        if len(known) < self._threshold * len(own):  # like no text if unlike all together
            return 0.0
        shared = Counter(read for shingle in known for read in self._having[shingle])
        alike = (n / (len(own) + self._sizes[read] - n) for read, n in shared.items())
        return max(alike, default=0.0)


def shingles(read: Sequence[str]) -> frozenset[Run]:
    """Return the word 3-grams of a text, or the whole text where it is shorter."""
    return frozenset(runs(read, SHINGLE)) or frozenset([tuple(read)])
