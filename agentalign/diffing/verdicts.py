"""Verdicts that fell out otherwise: of checks on requests, and of judges on answers."""

from collections import Counter
from dataclasses import dataclass

from agentalign.diffing.joined import Joined
from schemas.rows import Response, Verdict

_OF_ANSWERS = "response"


@dataclass(frozen=True, slots=True)
class Flip:
    """A verdict of one slot that is another in the second version."""

    slot: str
    check: str
    before: str  # outcome and label
    after: str


def find_flips(joined: Joined) -> tuple[Flip, ...]:
    """Return the verdicts that flipped, by check and slot.

    A version holds the verdicts on its own rows: what one kept and the other dropped is a row
    that was added or removed, no flip.
    """
    return (
        *_flips(joined, Verdict.table, '"check"'),
        *_flips(joined, Response.table, f"'{_OF_ANSWERS}'"),
    )


def _flips(joined: Joined, table: str, check: str) -> list[Flip]:
    named = "outcome || ' ' || label"
    found = joined.query(
        table,
        f"""SELECT slot, name, one, other FROM
            (SELECT slot, {check} AS name, {named} AS one FROM before)
            JOIN (SELECT slot, {check} AS name, {named} AS other FROM after) USING (slot, name)
            WHERE one <> other ORDER BY name, slot""",
    )
    return [Flip(*map(str, values)) for values in found]


def count_flips(flips: tuple[Flip, ...]) -> Counter[tuple[str, str, str]]:
    """Return how often each verdict became which other one, by check."""
    return Counter((flip.check, flip.before, flip.after) for flip in flips)
