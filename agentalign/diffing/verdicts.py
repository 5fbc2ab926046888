"""Verdicts that fell out otherwise: of checks on requests, and of judges on answers."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from agentalign.diffing.joined import Joined
from schemas.rows import Check, Dropped, Response, Verdict
from tasks.formats.quoting import literals
from tasks.formats.sources import parquet
from tasks.formats.versions import Version

_OF_ANSWERS = "response"
_ANSWERING = "responses"  # the stage that leaves answers out


@dataclass(frozen=True, slots=True)
class Flip:
    """A verdict of one slot that is another in the second version."""

    slot: str
    check: str
    before: str  # outcome and label
    after: str


def find_flips(joined: Joined) -> tuple[Flip, ...]:
    """Return the verdicts that flipped, by check and slot.

    What one version kept and the other left out is among them, if that holds what it left out.
    """
    sides = [" UNION ALL ".join(_judged(version)) for version in (joined.before, joined.after)]
    if not all(sides):
        return ()
    one, other = sides
    found = joined.run(
        f"""SELECT slot, name, one.said, other.said
            FROM ({one}) AS one JOIN ({other}) AS other USING (slot, name)
            WHERE one.said <> other.said ORDER BY name, slot"""
    )
    return tuple(Flip(*map(str, values)) for values in found)


def _judged(version: Version) -> Iterator[str]:
    """Yield queries of what was decided: by slot and check, an outcome and a label."""
    said = "outcome || ' ' || label AS said"
    if files := version.files(Verdict.table):
        yield f'SELECT slot, "check" AS name, {said} FROM {parquet(files)}'
    if files := version.files(Response.table):
        yield f"SELECT slot, '{_OF_ANSWERS}' AS name, {said} FROM {parquet(files)}"
    if files := version.files(Dropped.table):
        checks = literals((*get_args(Check), _ANSWERING))
        name = f"CASE of_stage WHEN '{_ANSWERING}' THEN '{_OF_ANSWERS}' ELSE of_stage END"
        yield (
            f"SELECT regexp_replace(slot, '/dropped$', '') AS slot, {name} AS name, {said}"
            f" FROM {parquet(files)} WHERE outcome <> 'accepted' AND of_stage IN ({checks})"
        )


def count_flips(flips: tuple[Flip, ...]) -> Counter[tuple[str, str, str]]:
    """Return how often each verdict became which other one, by check."""
    return Counter((flip.check, flip.before, flip.after) for flip in flips)
