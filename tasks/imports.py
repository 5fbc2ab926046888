"""Stage imports: rows of other datasets become rows of the store, or are left out for a reason."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence

from schemas.base import Declared
from schemas.catalogue import load_refusal_rules
from schemas.ids import digest, row_id
from schemas.params import BuildParams
from schemas.rows import Dropped, Imported, Receipt
from schemas.third_party import CATEGORY, ForeignFile
from tasks.context import RunContext
from tasks.doors.cache import Partition, Spec
from tasks.duplicates import Seen
from tasks.formats.foreign_files import ForeignFiles
from tasks.formats.importing.formats import read_rows
from tasks.formats.importing.rows import ForeignRow, RejectedRow
from tasks.sifting import Unfit, find_unfit, tool_names
from tasks.stage import Made, define_stage

_LONGEST = 300  # characters of what is said of a row that is left out


class SourceKey(Declared):
    """What the rows of a declared dataset depend on: its content, wherever it lies."""

    name: str
    format: str
    licence: str
    files: tuple[ForeignFile, ...]


class ImportsSpec(Spec):
    """Which datasets are read, and what their rows have to be like."""

    stage = "imports"

    sources: tuple[SourceKey, ...]
    least_turns: int
    duplicate_threshold: float
    rules: str  # digest of the phrases that refusals are read by


def imports_spec(params: BuildParams, found: Sequence[ForeignFiles]) -> ImportsSpec:
    """Return the spec of reading some files."""
    return ImportsSpec(
        retry_epoch=params.epoch_of("imports"),
        sources=tuple(_key(each) for each in found),
        least_turns=params.third_party.least_turns,
        duplicate_threshold=params.balance.duplicate_threshold,
        rules=digest(load_refusal_rules().model_dump(mode="json")),
    )


def _key(found: ForeignFiles) -> SourceKey:
    source = found.source
    return SourceKey(
        name=source.called, format=source.format, licence=source.licence, files=found.files
    )


class Intake:
    """Takes one row after the other: keeps it, or says why not. Blocking: meant for a thread."""

    def __init__(self, spec: ImportsSpec) -> None:
        self.made = Made(rows_in=0)
        self._spec = spec
        self._seen = Seen(spec.duplicate_threshold)
        self._slots = Counter[str]()

    def take(self, row: ForeignRow | RejectedRow) -> None:
        """Take a row. Of near-duplicates the first one stays."""
        self.made.rows_in += 1
        slot = self._slot(row)
        if isinstance(row, RejectedRow):
            self._leave_out(row, slot, Unfit(row.reason, row.detail))
        elif unfit := find_unfit(row, self._spec.least_turns):
            self._leave_out(row, slot, unfit)
        elif self._seen.take(asked_in(row)):
            self._leave_out(row, slot, Unfit("near_duplicate"))
        else:
            self.made.take(to_imported(row, slot))

    def _slot(self, row: ForeignRow | RejectedRow) -> str:
        """Return what a row stands for; rows of several files may share an id."""
        slot = f"{CATEGORY}/{row.source}/{row.source_id}"
        self._slots[slot] += 1
        return slot if self._slots[slot] == 1 else f"{slot}/{self._slots[slot]}"

    def _leave_out(self, row: ForeignRow | RejectedRow, slot: str, unfit: Unfit) -> None:
        self.made.dropped[unfit.reason] += 1
        self.made.take(to_left_out(row, slot, unfit))


def asked_in(row: ForeignRow) -> str:
    """Return what the user says: many conversations begin in the same words."""
    return "\n".join(turn.content or "" for turn in row.messages if turn.role == "user")


def to_imported(row: ForeignRow, slot: str) -> Imported:
    """Return a sound row as one of the store's."""
    calls = [call.name for turn in row.messages for call in turn.tool_calls]
    turns = [turn.model_dump(mode="json") for turn in row.messages]
    return Imported(
        id=row_id("import", slot, turns, row.tools),
        slot=slot,
        source=row.source,
        licence=row.licence,
        source_id=row.source_id,
        place=row.place,
        asked=asked_in(row),
        messages=row.messages,
        tools=row.tools,
        offered=tool_names(row.tools),
        called=tuple(dict.fromkeys(calls)),
        call_count=len(calls),
        multi_step=len(calls) > 1 or _makes_something_of_a_result(row),
        changed=row.changed,
    )


def _makes_something_of_a_result(row: ForeignRow) -> bool:
    pairs = zip(row.messages, row.messages[1:], strict=False)
    return any(one.role == "tool" and bool(other.content) for one, other in pairs)


def to_left_out(row: ForeignRow | RejectedRow, slot: str, unfit: Unfit) -> Dropped:
    """Return the row of what is left out: where it stands, and why. It repeats no text."""
    detail = f"{row.place}: {unfit.detail}" if unfit.detail else row.place
    return Dropped(
        id=row_id("dropped", slot, ImportsSpec.stage, unfit.reason),
        slot=f"{slot}/dropped",
        of_stage=ImportsSpec.stage,
        subject=slot,
        category=CATEGORY,
        subcategory=row.source,
        intent="benign",
        situation="plain",
        outcome="rejected",
        reason=unfit.reason,
        by="rules",
        detail=detail[:_LONGEST],
    )


def _read(found: Sequence[ForeignFiles]) -> Iterator[ForeignRow | RejectedRow]:
    for each in found:
        source = each.source
        yield from read_rows(each.path, source.format, source=source.called, licence=source.licence)


def _take_all(spec: ImportsSpec, found: Sequence[ForeignFiles]) -> Made:
    intake = Intake(spec)
    for row in _read(found):
        intake.take(row)
    return intake.made


async def _work(
    spec: ImportsSpec, _upstream: tuple[Receipt, ...], _part: Partition, context: RunContext
) -> Made:
    return await asyncio.to_thread(_take_all, spec, context.foreign)


make_imports = define_stage(ImportsSpec, Imported.table, _work)
