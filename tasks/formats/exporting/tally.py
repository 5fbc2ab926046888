"""Counts the rows of an export as they go by."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schemas.errors import QualityError
from schemas.rows import Example
from tasks.composition import CLASSES, SPLITS
from tasks.formats.exporting.manifest import Lengths, Ratio, RowCount

LEAST_RATIO, MOST_RATIO, MOST_CHANGE = 1.0, 4.0, 0.05
Stratum = tuple[str, str]  # split and class


@dataclass(slots=True)
class Tally:
    """Rows in, out, withheld and too long, and the lengths of those that were measured."""

    rows_in: Counter[Stratum] = field(default_factory=Counter)
    rows_out: Counter[Stratum] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    held: Counter[tuple[str, str]] = field(default_factory=Counter)  # by reason and class
    long: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    thoughts: int = 0
    tokens: dict[str, Counter[int]] = field(default_factory=dict)  # of lengths, by class

    def take(self, row: Example) -> None:
        """Count a row that is to be exported."""
        self.rows_in[row.split, row.row_class] += 1

    def give(self, row: Example, left_out: Mapping[str, int], *, thoughts: bool) -> None:
        """Count a row that was written."""
        self.rows_out[row.split, row.row_class] += 1
        self.categories[row.category if row.label == "harmful" else "benign"] += 1
        self.left_out.update(left_out)
        if thoughts:
            self.thoughts += sum(bool(turn.reasoning) for turn in row.messages)

    def withhold(self, row: Example, reason: str) -> None:
        """Count a row that the format can't say."""
        self.held[reason, row.row_class] += 1

    def leave_out(self, row: Example) -> None:
        """Count a row that has too many tokens."""
        self.long[row.row_class] += 1

    def measure(self, row: Example, tokens: int) -> None:
        """Count a row's length."""
        self.tokens.setdefault(row.row_class, Counter())[tokens] += 1

    def check(self) -> None:
        """Raise a QualityError unless every row is accounted for exactly once."""
        came, went = self.rows_in.total(), self.rows_out.total()
        held, long = self.held.total(), self.long.total()
        if came != went + held + long:
            msg = (
                f"{came} rows came in, but {went} were written, {held} withheld and {long} were"
                " too long: nothing was exported"
            )
            raise QualityError(msg)

    def rows(self) -> dict[str, dict[str, RowCount]]:
        """Return rows in and out by split and class."""
        return {
            split: {
                kind: RowCount(rows_in=came, rows_out=self.rows_out[split, kind])
                for kind in CLASSES
                if (came := self.rows_in[split, kind])
            }
            for split in SPLITS
            if any(self.rows_in[split, kind] for kind in CLASSES)
        }

    def withheld(self) -> dict[str, dict[str, int]]:
        """Return withheld rows by reason and class."""
        found: dict[str, dict[str, int]] = {}
        for (reason, kind), count in sorted(self.held.items()):
            found.setdefault(reason, {})[kind] = count
        return found

    def lengths(self) -> dict[str, Lengths]:
        """Return how long rows are, by class."""
        return {kind: _describe(self.tokens[kind]) for kind in CLASSES if kind in self.tokens}

    def ratio(self) -> Ratio:
        """Return benign rows for each harmful one before and after."""
        return Ratio(before=_ratio(self.rows_in), after=_ratio(self.rows_out))

    def warnings(self) -> Iterable[str]:
        """Yield what is odd about what is left."""
        before, after = _ratio(self.rows_in), _ratio(self.rows_out)
        if after is None:
            yield "no harmful row is left: nothing in these files teaches a refusal"
        elif not LEAST_RATIO <= after <= MOST_RATIO:
            yield (
                f"{after:.2f} benign rows stand against a harmful one, where"
                f" {LEAST_RATIO:.0f} to {MOST_RATIO:.0f} keep refusals and usefulness in balance"
            )
        if before and after and abs(after / before - 1) > MOST_CHANGE:
            yield (
                f"what was left out moved benign rows for each harmful one from {before:.2f} to"
                f" {after:.2f}"
            )


def _ratio(rows: Counter[Stratum]) -> float | None:
    harmful = sum(count for (_, kind), count in rows.items() if kind == "harmful")
    return round((rows.total() - harmful) / harmful, 4) if harmful else None


def _describe(tokens: Counter[int]) -> Lengths:
    ordered = sorted(tokens.elements())
    p50, p95, p99 = (ordered[-(-len(ordered) * share // 100) - 1] for share in (50, 95, 99))
    return Lengths(rows=len(ordered), p50=p50, p95=p95, p99=p99, most=ordered[-1])
