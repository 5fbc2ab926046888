"""What an import would take of another dataset, and what it would reject, counted."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from schemas.catalogue import load_reasons
from schemas.third_party import LEAST_TURNS
from tasks.formats.importing.rows import ForeignRow, RejectedRow
from tasks.sifting import find_unfit

_LONGEST = 100  # characters of a request, and of a change, that are shown
_CHANGES = 4  # that are shown of a row


@dataclass(slots=True)
class Intake:
    """Counts of rows and calls, and the first `examples` rows taken and rejected for each reason.

    `unfit` counts, by reason, rows taken that the rules of a build leave out: none of them is
    shown, as a request without its refusal may be harmful.
    """

    examples: int
    rows: int = 0
    calls: int = 0
    calls_parsed: int = 0
    open_ended: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    unfit: Counter[str] = field(default_factory=Counter)
    taken: list[ForeignRow] = field(default_factory=list)
    left: defaultdict[str, list[RejectedRow]] = field(default_factory=lambda: defaultdict(list))

    @property
    def accepted(self) -> int:
        """The number of rows taken."""
        return self.rows - self.rejected.total()

    def figures(self) -> dict[str, object]:
        """Return the counts as JSON, reasons by how often they are given."""
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "rejected": dict(self.rejected.most_common()),
            "calls": self.calls,
            "calls_parsed": self.calls_parsed,
        }

    def add(self, row: ForeignRow | RejectedRow) -> None:
        """Count a row."""
        self.rows += 1
        self.calls += row.calls
        if isinstance(row, RejectedRow):
            self.calls_parsed += row.calls_parsed
            self.rejected[row.reason] += 1
            if len(self.left[row.reason]) < self.examples:
                self.left[row.reason].append(row)
            return
        self.calls_parsed += row.calls
        self.open_ended += row.ends_in_call
        if unfit := find_unfit(row, LEAST_TURNS):
            self.unfit[unfit.reason] += 1
        elif len(self.taken) < self.examples:
            self.taken.append(row)


def count_rows(rows: Iterable[ForeignRow | RejectedRow], examples: int) -> Intake:
    """Return the counts of rows. Raises: BadInputError, as reading them does."""
    intake = Intake(examples)
    for row in rows:
        intake.add(row)
    return intake


def draw_intake(intake: Intake) -> Iterator[str]:
    """Yield lines that say what is taken and rejected, with examples."""
    yield f"{intake.rows:,} rows: {intake.accepted:,} taken, {intake.rejected.total():,} rejected"
    yield f"{intake.calls:,} calls, of which {intake.calls_parsed:,} could be read"
    if intake.open_ended:
        yield f"{intake.open_ended:,} of the rows taken end in a call, without its result"
    sentences = load_reasons()
    for reason, count in intake.unfit.most_common():
        yield f"{count:,} of the rows taken a build leaves out, {reason}: {sentences[reason]}"
    for reason, count in intake.rejected.most_common():
        yield f"\n{count:,} rejected, {reason}: {sentences[reason]}"
        yield from (f"  {row.place}: {row.detail}" for row in intake.left[reason])
    if intake.taken:
        yield "\ntaken, for example"
    for row in intake.taken:
        yield from _draw_row(row)


def _draw_row(row: ForeignRow) -> Iterator[str]:
    names = dict.fromkeys(call.name for turn in row.messages for call in turn.tool_calls)
    said = f"{row.calls} calls of {', '.join(names)}" if names else "no call"
    yield f"  {row.place}: {len(row.messages)} turns, {len(row.tools)} tools, {said}"
    asked = next(turn.content or "" for turn in row.messages if turn.role == "user")
    yield f"    asked: {_cut(asked)}"
    yield from (f"    changed: {_cut(line)}" for line in row.changed[:_CHANGES])
    if len(row.changed) > _CHANGES:
        yield f"    … and {len(row.changed) - _CHANGES:,} more changes"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
