"""Where things stand in a picture, in percent of its width; templates draw them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median_low

BINS = 14  # at most, so that each is wide enough to see on a phone
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bin:
    """A bar of a histogram: values from `low` to `high`, both included."""

    low: int
    high: int
    count: int
    height: float  # percent of the highest bar

    @property
    def label(self) -> str:
        """The values as people write them."""
        return f"{self.low:,}" if self.low == self.high else f"{self.low:,} to {self.high:,}"


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often values are how large, and two values that stand for all."""

    bins: tuple[Bin, ...]
    median: int
    p95: int
    count: int


def histogram(values: Iterable[int], edges: Sequence[int]) -> Histogram | None:
    """Return the histogram of values over bins that begin at `edges`; None without a value."""
    found = sorted(values)
    if not found:
        return None
    counts: Counter[int] = Counter()
    for value in found:
        counts[max(edge for edge in edges if edge <= value)] += 1
    highest = max(counts.values())
    ends = [edge - 1 for edge in edges[1:]]
    width = edges[1] - edges[0] if len(edges) > 1 else 1
    return Histogram(
        bins=tuple(
            Bin(low, high, counts[low], 100 * counts[low] / highest)
            for low, high in zip(edges, [*ends, edges[-1] + width - 1], strict=True)
        ),
        median=median_low(found),
        p95=found[ceil(0.95 * len(found)) - 1],
        count=len(found),
    )


def edges_for(values: Iterable[int]) -> list[int]:
    """Return where bins of one round width begin, so that few of them hold all values."""
    found = list(values)
    low, high = (min(found), max(found)) if found else (0, 0)
    width = _round_width((high - low + 1) / BINS)
    first = low - low % width
    return list(range(first, high + 1, width))


def _round_width(least: float) -> int:
    size = 1
    while True:
        for step in _STEPS:
            if step * size >= least:
                return step * size
        size *= 10


def place(value: float, low: float, high: float) -> float:
    """Return where a value stands on an axis, in percent; outside of it, at its end."""
    return min(100.0, max(0.0, 100 * (value - low) / (high - low)))
