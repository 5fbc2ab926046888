"""Rows of other datasets in a selection: which are taken, and which splits they are in.

They fill a target of their own. They are picked in the order of their hash ranks, those of
several steps first, and none that is like a row of our own or like a benchmark's.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from schemas.base import JsonValue
from schemas.ids import rank, row_id
from schemas.params import Balance
from schemas.rows import Dropped, Example, Imported, Receipt
from schemas.third_party import CATEGORY
from tasks.audit.decontamination import Contamination
from tasks.audit.splits import ChainFacts, Shares, Split, splits
from tasks.doors.store import Store
from tasks.duplicates import Seen
from tasks.selection import Candidate

PIECE = 1000  # rows that are read whole at a time
LARGEST = 20  # rows that may be kept in one split for having the same tools
_UNREAD: Mapping[str, JsonValue] = {"messages": [], "tools": [], "changed": []}

LeaveOut = Callable[[Imported, str], None]


@dataclass(frozen=True, slots=True)
class Mixed:
    """Of so many rows found those that were taken, without their turns and tools, and their splits.

    Families are by row, splits by family.
    """

    found: int = 0
    taken: Sequence[Imported] = ()
    families: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, Split] = field(default_factory=dict)

    def split_of(self, row: Imported) -> Split:
        """Return the split of a row."""
        return self.splits[self.families[row.id]]


async def mix(
    store: Store,
    upstream: Sequence[Receipt],
    own: Iterable[Candidate],
    targets: Balance,
    seed: int,
    known: Contamination | None,
    leave_out: LeaveOut,
) -> Mixed:
    """Return what is taken of the imported rows, to stand beside our own that were selected."""
    rows = await store.rows(Imported, upstream, blank=_UNREAD)
    if not rows:
        return Mixed()
    clean = await _clean(rows, store, upstream, known, leave_out) if known else rows
    distinct = _distinct(by_preference(clean, seed), own, targets.duplicate_threshold, leave_out)
    for row in distinct[targets.third_party :]:
        leave_out(row, "not_selected")
    families = find_families(rows)
    split = split_families(rows, families, targets, seed)
    return Mixed(len(rows), distinct[: targets.third_party], families, split)


def by_preference(rows: Iterable[Imported], seed: int) -> list[Imported]:
    """Return rows of several steps first, and each kind in the order of hash ranks."""
    return sorted(rows, key=lambda row: (not row.multi_step, rank(seed, "mix", row.id), row.id))


async def _clean(
    rows: Sequence[Imported],
    store: Store,
    upstream: Sequence[Receipt],
    known: Contamination,
    leave_out: LeaveOut,
) -> list[Imported]:
    """Return the rows in which neither user nor system says what stands in a benchmark."""
    kept = []
    ids = [row.id for row in rows]
    async for piece in read_pieces(store, upstream, ids, {"tools": []}):
        for row in piece:
            texts = [t.content or "" for t in row.messages if t.role in ("system", "user")]
            found = next((match for text in texts if (match := known.of(text))), None)
            if found:
                leave_out(row, f"benchmark_{found}")
            else:
                kept.append(row.model_copy(update={"messages": ()}))
    return kept


def _distinct(
    rows: Sequence[Imported], own: Iterable[Candidate], threshold: float, leave_out: LeaveOut
) -> list[Imported]:
    """Return the rows whose user says nothing like one of ours; with each other they differ."""
    ours = [(candidate.request.text, candidate.label) for candidate in own]
    seen = Seen(threshold, [text for text, _ in ours])
    for text, label in ours:
        seen.take(text, label)
    kept = []
    for row in rows:
        like = seen.take(row.asked, "benign")
        if not like:
            kept.append(row)
        elif like == {"benign"}:
            leave_out(row, "near_duplicate")
        else:
            leave_out(row, "near_duplicate_of_other_class")
    return kept


def find_families(rows: Sequence[Imported]) -> dict[str, str]:
    """Return the family of each row, by row: rows of one source that offer the same tools.

    Where those are more than should be in one split together, rows that call the same tools are
    a family, and where even these are, each row is one of its own.
    """
    found: dict[str, str] = {}
    left = list(rows)
    for of in (_same_offered, _same_called, _alone):
        groups: dict[tuple[object, ...], list[Imported]] = {}
        for row in left:
            groups.setdefault(of(row), []).append(row)
        left = [row for rows in groups.values() if len(rows) > LARGEST for row in rows]
        for key, members in groups.items():
            if len(members) <= LARGEST:
                found |= dict.fromkeys((row.id for row in members), row_id("family", *key))
    return found


def _same_offered(row: Imported) -> tuple[object, ...]:
    return (row.source, tuple(sorted(row.offered)))


def _same_called(row: Imported) -> tuple[object, ...]:
    return (*_same_offered(row), row.called)


def _alone(row: Imported) -> tuple[object, ...]:
    return (row.source, row.id)


def split_families(
    rows: Iterable[Imported], families: Mapping[str, str], targets: Balance, seed: int
) -> dict[str, Split]:
    """Return the split of every family, at the shares that our own chains are split at."""
    uses: dict[str, set[str]] = {}
    for row in rows:
        uses.setdefault(families[row.id], set()).update(row.offered)
    facts = {
        family: ChainFacts(CATEGORY, frozenset({"benign"}), frozenset(names))
        for family, names in uses.items()
    }
    shares = Shares(validation=targets.validation_share, test=targets.test_share)
    return splits(facts, shares, seed, targets.held_out)


async def read_pieces(
    store: Store, upstream: Sequence[Receipt], ids: Sequence[str], blank: Mapping[str, JsonValue]
) -> AsyncIterator[list[Imported]]:
    """Yield imported rows, with no more of them whole in memory than a piece."""
    for start in range(0, len(ids), PIECE):
        piece = ids[start : start + PIECE]
        yield await store.rows(Imported, upstream, ids=piece, blank=blank)


def to_example(row: Imported, family: str, split: Split) -> Example:
    """Return the final row of an imported one.

    Its licence is part of its id: a version that states another one is another version.
    """
    observed = any(turn.role == "tool" for turn in row.messages)
    made = Example(
        id=row_id("example", row.id, row.licence),
        slot=row.slot,
        label="benign",
        intent="benign",
        kind="trajectory" if row.call_count else "answer",
        category=CATEGORY,
        subcategory=row.source,
        pattern=row.called,
        pair=row.id,
        chain=family,
        binding="",
        instruction="",
        response=row.id,
        split=split,
        messages=row.messages,
        tools=(),
        grounding="given" if observed else "none",
        parallel=any(len(turn.tool_calls) > 1 for turn in row.messages),
        canary=None,
        source=row.source,
        licence=row.licence,
        source_id=row.source_id,
    )
    # they are as they were read: validation would make copies of all of them
    return made.model_copy(update={"tools": row.tools})


def to_dropped(row: Imported, stage: str, reason: str) -> Dropped:
    """Return the row of a sound imported one that is left out. It repeats no text."""
    return Dropped(
        id=row_id("dropped", row.id, stage, reason),
        slot=f"{row.slot}/dropped",
        of_stage=stage,
        subject=row.id,
        category=CATEGORY,
        subcategory=row.source,
        intent="benign",
        situation="plain",
        outcome="accepted",
        reason=reason,
        by="selection",
        detail=row.place,
    )
