"""Content-addressed identity and seeded draws: no clock, no counter, no uuid."""

import hashlib
import random
from collections.abc import Iterable

import orjson

ID_HEX = 20


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


def rng(seed: int, *parts: object) -> random.Random:
    """Return a generator seeded by the seed and `parts` alone."""
    return random.Random(rank(seed, *parts))


def set_digest(digests: Iterable[str]) -> str:
    """Return the digest of a set of hex digests, whatever their order."""
    return digest(sorted(digests))
