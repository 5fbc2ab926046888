"""Rows that are in one version alone, and rows of one slot that say something else."""

from collections import Counter
from dataclasses import dataclass

from agentalign.diffing.joined import Joined, differs
from schemas.rows import Example

# what a row is made from, as ids: where only they differ, the row reads the same
_ORIGIN = frozenset({"id", "pair", "chain", "binding", "instruction", "opening", "response"})
ORIGIN = "origin"  # stands for all of these as a field


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A row of a slot that both have; `fields` are those that differ."""

    slot: str
    before: str  # ids
    after: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """What became of the rows of a version in another one, each by slot."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[ChangedRow, ...]
    same: int

    def fields(self) -> Counter[str]:
        """Return how many of the changed rows differ in each field."""
        return Counter(field for row in self.changed for field in row.fields)


def compare_rows(joined: Joined) -> Rows:
    """Return what became of the rows; side columns and the row's rank in its split don't count."""
    compared = [
        name
        for name in joined.columns(Example.table)
        if name != "slot" and name not in Example.side_fields
    ]
    differences = ", ".join(differs(name) for name in compared)
    found = joined.query(
        Example.table,
        f"SELECT slot, before.id, after.id, {differences}"
        " FROM before FULL JOIN after USING (slot) ORDER BY slot",
    )
    return _sort(found, compared)


def _sort(found: list[tuple[object, ...]], names: list[str]) -> Rows:
    added, removed, changed = list[str](), list[str](), list[ChangedRow]()
    for slot, before, after, *differing in found:
        if before is None:
            added.append(str(slot))
        elif after is None:
            removed.append(str(slot))
        elif any(differing):
            fields = _fields(names, differing)
            changed.append(ChangedRow(str(slot), str(before), str(after), fields))
    both = len(found) - len(added) - len(removed)
    return Rows(tuple(added), tuple(removed), tuple(changed), both - len(changed))


def _fields(names: list[str], differing: list[object]) -> tuple[str, ...]:
    """Return the fields that differ, what a row is made from last and as one."""
    changed = [name for name, is_so in zip(names, differing, strict=True) if is_so]
    own = [name for name in changed if name not in _ORIGIN]
    return (*own, *([ORIGIN] if len(own) < len(changed) else []))
