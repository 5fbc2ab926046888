"""Content-addressed identity and seeded draws: no clock, no counter, no uuid."""

import hashlib
import random
from collections.abc import Iterable, Sequence
from typing import TypeVar

import orjson

ID_HEX = 20

T = TypeVar("T")


class Dice(random.Random):
    """A generator whose commonest draws cost a third of the standard ones.

    A draw is off from uniform by less than the pool's length in 2**53.
    """

    def choice(self, seq: Sequence[T]) -> T:  # type: ignore[override]  # sequences alone
        """Return an entry of a sequence that is not empty. Raises: IndexError."""
        return seq[int(self.random() * len(seq))]

    def randint(self, a: int, b: int) -> int:
        """Return a whole number from a to b, both included."""
        return a + int(self.random() * (b - a + 1))


def canonical_json(value: object) -> bytes:
    """Return the one byte form of a JSON value: sorted keys, no spaces, UTF-8."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest(*parts: object) -> str:
    """Return the sha256 hex digest of the canonical JSON of `parts`."""
    return hashlib.sha256(canonical_json(parts)).hexdigest()


def row_id(stage: str, *made_from: object) -> str:
    """Return a row's id: the stage's name and a hash of parents' ids, index and content."""
    return f"{stage}-{digest(stage, *made_from)[:ID_HEX]}"


def rank(seed: int, *parts: object) -> int:
    """Return a uniform 64-bit rank that depends on the seed and `parts` alone."""
    return int(digest(seed, *parts)[:16], 16)


def share(seed: int, *parts: object) -> float:
    """Return a uniform draw in [0, 1) that depends on the seed and `parts` alone."""
    return rank(seed, *parts) / 2**64


def rng(seed: int, *parts: object) -> Dice:
    """Return a generator seeded by the seed and `parts` alone."""
    return Dice(rank(seed, *parts))


def set_digest(digests: Iterable[str]) -> str:
    """Return the digest of a set of hex digests, whatever their order."""
    return digest(sorted(digests))
