"""Changed rows of two versions, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agentalign.diffing.rows import ChangedRow
from agentalign.lookup import mask_found
from schemas.ids import rank
from schemas.records import columns
from schemas.rows import Example
from tasks.formats.versions import Version


@dataclass(frozen=True, slots=True)
class Pair:
    """The rows of one slot in two versions."""

    slot: str
    fields: tuple[str, ...]
    before: Example
    after: Example


def draw_pairs(
    before: Version, after: Version, changed: Sequence[ChangedRow], sample: int, *, reveal: bool
) -> tuple[Pair, ...]:
    """Return changed rows, the same ones each time; those whose conversation changed first.

    Of a version whose rows lack a field of today's none can be shown.
    """
    needed = {*columns(Example)} - Example.later_fields
    if not all(version.columns(Example.table) >= needed for version in (before, after)):
        return ()
    ranked = sorted(changed, key=lambda row: ("messages" not in row.fields, rank(0, row.slot)))
    drawn = ranked[:sample]
    olds = _rows(before, [row.before for row in drawn], reveal=reveal)
    news = _rows(after, [row.after for row in drawn], reveal=reveal)
    return tuple(Pair(r.slot, r.fields, olds[r.before], news[r.after]) for r in drawn)


def _rows(version: Version, ids: list[str], *, reveal: bool) -> Mapping[str, Example]:
    found = version.rows(Example, "id", ids)
    return {row.id: row for row in (found if reveal else mask_found(version, found))}
