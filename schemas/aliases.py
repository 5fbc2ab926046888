"""Names that point to a version and can be moved: the newest sound one, the one in training."""

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from schemas.base import Declared

Alias = Literal["candidate", "training"]
ALIASES: tuple[Alias, ...] = get_args(Alias)
CANDIDATE: Alias = "candidate"  # moves by itself to what a build publishes
TRAINING: Alias = "training"


class Move(Declared):
    """An alias that was moved."""

    alias: Alias
    version: str
    before: str | None  # the version it pointed to
    by: str  # who moved it; `build` where it moved by itself
    at: str  # UTC, to the second


def holders(moves: Iterable[Move]) -> Mapping[Alias, Move]:
    """Return the last move of each alias, from moves in their order."""
    return {move.alias: move for move in moves}
