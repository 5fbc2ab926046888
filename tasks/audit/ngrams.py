"""The words in a row that separate harmful from benign requests most."""

from collections import Counter
from collections.abc import Sequence

from schemas.audits import NGram
from tasks.audit.words import Run, runs

LONGEST = 3  # words
MOST = 20  # n-grams

Texts = Sequence[Sequence[str]]


def telling_ngrams(harmful: Texts, benign: Texts) -> tuple[NGram, ...]:
    """Return the n-grams whose shares of the two classes differ most, the largest weight first.

    Requests are given as their words; none separate anything unless both classes have some.
    Alone, an n-gram tells the class with a balanced accuracy of half its weight above a half.
    """
    best: list[NGram] = []
    parts: set[Run] | None = None
    for length in range(1, LONGEST + 1) if harmful and benign else ():
        counts = _count(harmful, length, parts), _count(benign, length, parts)
        least = _least(best)
        shares = {
            run: (counts[0][run] / len(harmful), counts[1][run] / len(benign))
            for run in counts[0].keys() | counts[1].keys()
        }
        found = [
            NGram(text=" ".join(run), weight=h - b, harmful=counts[0][run], benign=counts[1][run])
            for run, (h, b) in shares.items()
            if h != b and abs(h - b) >= least
        ]
        best = sorted([*best, *found], key=lambda ngram: (-abs(ngram.weight), ngram.text))[:MOST]
        # words in a row are in no more requests than a part of them: a part whose larger share
        # is below the weight of the last of the best is in none of the best
        least = _least(best)
        parts = {run for run, both in shares.items() if max(both) >= least}
    return tuple(best)


def _least(best: Sequence[NGram]) -> float:
    return abs(best[-1].weight) if len(best) == MOST else 0.0


def _count(texts: Texts, length: int, parts: set[Run] | None) -> Counter[Run]:
    """Return in how many texts words stand in a row; only if both parts are among those given."""
    counts: Counter[Run] = Counter()
    for text in texts:
        found = set(runs(text, length))
        if parts is not None:
            found = {run for run in found if run[1:] in parts and run[:-1] in parts}
        counts.update(found)
    return counts
