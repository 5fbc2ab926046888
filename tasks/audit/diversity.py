"""How varied the requests of a dataset are: in their words, their tools and their chains.

Shares of distinct n-grams fall, and likenesses to the nearest text rise, with the number of
texts. Both are taken from a sample of one size, drawn by hash rank, so that intents and
versions can be compared.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, fsum, log2
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from schemas.audits import ALL, Diversity, DiversityAudit, Evenness, Length, Likeness
from schemas.ids import rank
from schemas.rows import Intent
from tasks.audit.words import runs, words
from tasks.duplicates import shingles

T = TypeVar("T")
SAMPLE = 300  # requests


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a dataset, and what it was written for."""

    intent: Intent
    chain: str
    tools: tuple[str, ...]  # names
    text: str


def audit_diversity(requests: Iterable[Asked]) -> DiversityAudit:
    """Return how varied requests are, of all intents together and of each. Order is no matter."""
    groups: dict[str, list[Asked]] = defaultdict(list)
    for request in requests:
        groups[request.intent].append(request)
        groups[ALL].append(request)
    return DiversityAudit(intents={name: _measure(groups[name]) for name in sorted(groups)})


def _measure(requests: Sequence[Asked]) -> Diversity:
    sampled = sorted((each.text for each in requests), key=_rank)[:SAMPLE]
    read = [words(text) for text in sampled]
    return Diversity(
        requests=len(requests),
        sampled=len(sampled),
        distinct_1=distinct(read, 1),
        distinct_2=distinct(read, 2),
        distinct_3=distinct(read, 3),
        five_grams=likeness([shingles(text) for text in sampled]),
        words=likeness([frozenset(each) for each in read]),
        tools=evenness(tool for each in requests for tool in each.tools),
        chains=evenness(each.chain for each in requests),
        length_words=_length([len(each.text.split()) for each in requests]),
        length_characters=_length([len(each.text) for each in requests]),
    )


def _rank(text: str) -> tuple[int, str]:
    return rank(0, "diversity", text), text


def distinct(texts: Iterable[Sequence[str]], length: int) -> float | None:
    """Return the share of runs of `length` words that differ, over all texts; None without any."""
    counts = Counter(run for text in texts for run in runs(text, length))
    return len(counts) / counts.total() if counts else None


def likeness(texts: Sequence[frozenset[T]]) -> Likeness:
    """Return how alike texts are, each given as a set: its words or its word n-grams."""
    if len(texts) < 2:
        return Likeness(mean=None, nearest=None)
    shared, sizes = _shared(texts), np.array([len(text) for text in texts])
    alike = shared / (sizes[:, None] + sizes - shared)
    pairs: list[float] = alike[np.triu_indices(len(texts), 1)].tolist()
    np.fill_diagonal(alike, 0.0)
    nearest: list[float] = alike.max(axis=1).tolist()
    return Likeness(mean=fsum(pairs) / len(pairs), nearest=fsum(nearest) / len(nearest))


def _shared(texts: Sequence[frozenset[T]]) -> npt.NDArray[np.int64]:
    """Return how many elements each two texts have in common."""
    from scipy.sparse import csr_array  # type: ignore[import-untyped]  # ships no types

    columns = {element: place for place, element in enumerate(set().union(*texts))}
    indices = [columns[element] for text in texts for element in text]
    ends = [0, *accumulate(len(text) for text in texts)]
    ones = np.ones(len(indices), dtype=np.int64)
    sets = csr_array((ones, indices, ends), shape=(len(texts), len(columns)))
    shared: npt.NDArray[np.int64] = (sets @ sets.T).toarray()
    return shared


def evenness(occurrences: Iterable[str]) -> Evenness:
    """Return the entropy of the names that occur, in bits and relative to its maximum."""
    counts = Counter(occurrences)
    total = counts.total()
    bits = sum(n / total * log2(total / n) for n in sorted(counts.values()))
    relative = bits / log2(len(counts)) if len(counts) > 1 else None
    return Evenness(bits=bits, relative=relative, names=len(counts))


def _length(lengths: Sequence[int]) -> Length:
    ordered = sorted(lengths)
    return Length(p50=_nearest_rank(ordered, 50), p95=_nearest_rank(ordered, 95))


def _nearest_rank(ordered: Sequence[int], percent: int) -> int:
    return ordered[ceil(len(ordered) * percent / 100) - 1]
