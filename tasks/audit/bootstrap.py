"""Intervals by resampling whole groups, as rows of one group resemble each other.

A percentile bootstrap over groups. Where it has no width, as where all values are the same, it
would claim to know what a sample can't tell: then the score interval over groups stands in, and
for means of what has no bounds there is none.

Source: Davison and Hinkley (1997), Bootstrap methods and their application, 2.4 and 3.8.
"""

from collections import defaultdict
from collections.abc import Sequence
from math import fsum
from typing import Literal

from schemas.evaluations import Estimate
from schemas.ids import rank
from tasks.audit.wilson import wilson

Kind = Literal["share", "difference", "mean"]  # within 0 and 1, within -1 and 1, or anything
Interval = tuple[Literal["bootstrap", "score", "none"], float | None, float | None]
RESAMPLES = 4000
PERCENTILES = (2.5, 97.5)
_TINY = 1e-9


def estimate(
    values: Sequence[float],
    groups: Sequence[str],
    kind: Kind = "share",
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Return the mean of values and its 95 % interval; the order of the values has no say.

    Args:
        values: one for each row.
        groups: the key of each row's group, whatever rows have in common.
        kind: the bounds of a value, and so of the interval where there is nothing to resample.
        seed: another one draws other groups.
        resamples: how many times as many groups as there are, are drawn.

    Raises:
        ValueError: there are more or fewer groups than values.
    """
    sums, counts = _by_group(values, groups)
    if not values:
        return Estimate(value=None, low=None, high=None, n=0, groups=0, method="none")
    mean = fsum(sums) / len(values)
    low, high = _resample(sums, counts, seed, resamples)
    interval: Interval = ("bootstrap", low, high)
    if high - low < _TINY:
        interval = _without_spread(mean, len(sums), kind)
    method, least, most = interval
    return Estimate(
        value=mean, low=least, high=most, n=len(values), groups=len(sums), method=method
    )


def _by_group(values: Sequence[float], groups: Sequence[str]) -> tuple[list[float], list[int]]:
    """Return the sum and the number of each group's values, by key."""
    own: dict[str, list[float]] = defaultdict(list)
    for value, group in zip(values, groups, strict=True):
        own[group].append(value)
    return [fsum(own[group]) for group in sorted(own)], [len(own[group]) for group in sorted(own)]


def _resample(
    sums: Sequence[float], counts: Sequence[int], seed: int, resamples: int
) -> tuple[float, float]:
    """Return the percentiles of the mean over groups that are drawn with replacement."""
    import numpy as np  # here, as those who read figures need no more than their names

    many = len(sums)
    draw = np.random.default_rng(rank(seed, "bootstrap", many, resamples))
    times = draw.multinomial(many, [1 / many] * many, size=resamples)
    means = (times @ np.asarray(sums)) / (times @ np.asarray(counts, dtype=float))
    low, high = np.percentile(means, PERCENTILES)
    return float(low), float(high)


def _without_spread(mean: float, groups: int, kind: Kind) -> Interval:
    """Return an interval where no group differs: as many draws as there are groups."""
    if kind == "mean":
        return "none", None, None
    if kind == "share":
        return ("score", *wilson(mean * groups, groups))
    _, others = wilson(0, groups)  # the largest share of groups that differ and were not drawn
    low, high = others * (-1 - mean), others * (1 - mean)
    return "score", mean + low, mean + high
