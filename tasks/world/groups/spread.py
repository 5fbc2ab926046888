"""Drawing several different things of a pool at the price of two numbers."""

from collections.abc import Sequence
from math import gcd
from random import Random
from typing import TypeVar

T = TypeVar("T")


def spread(rng: Random, pool: Sequence[T], count: int) -> list[T]:
    """Return `count` things of the pool, all different: every so many from a drawn place on."""
    size = len(pool)
    place, step = rng.randint(0, size - 1), rng.randint(1, size - 1)
    while gcd(step, size) != 1:
        step += 1
    return [pool[(place + step * turn) % size] for turn in range(count)]
