"""What a run's stages did so far, for its report and for whoever watches."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.results import StageReport
from schemas.rows import Receipt

_FIGURES = ("accepted", "wanted", "failed", "calls")


@dataclass(slots=True)
class Line:
    """One stage over all its runs."""

    stage: str
    started: float
    ended: float = 0.0
    expected: int = 0
    done: int = 0
    missed: int = 0
    rows_in: int = 0
    rows_out: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)

    @property
    def cache_hit(self) -> bool:
        """Whether every run of the stage so far came from the cache."""
        return self.missed == 0

    def report(self) -> StageReport:
        """Return the stage's line in the build's result."""
        return StageReport(
            stage=self.stage,
            rows_in=self.rows_in,
            rows_out=self.rows_out,
            dropped=dict(sorted(self.dropped.items())),
            cache_hit=self.cache_hit,
            seconds=round(max(0.0, self.ended - self.started), 3),
            accepted=self.figures["accepted"],
            wanted=self.figures["wanted"],
            failed=self.figures["failed"],
        )


class Ledger:
    """Lines by stage, in the order in which stages first started."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}

    def begin(self, stage: str) -> None:
        """Note that a run of a stage starts."""
        line = self.lines.setdefault(stage, Line(stage, time.monotonic()))
        line.expected += 1

    def end(self, stage: str, receipts: Sequence[Receipt], *, hit: bool, total: bool) -> None:
        """Note what a run of a stage made; `total` replaces the counts of earlier runs."""
        line = self.lines[stage]
        if total:
            line.rows_in = line.rows_out = 0
            line.dropped.clear()
            line.figures.clear()
        line.ended = time.monotonic()
        line.done += 1
        line.missed += not hit
        for receipt in receipts:
            line.rows_in += receipt.rows_in
            line.rows_out += receipt.rows
            line.dropped.update(receipt.dropped)
            line.figures.update({name: int(receipt.figures.get(name, 0)) for name in _FIGURES})

    def reports(self) -> list[StageReport]:
        """Return one report per stage."""
        return [line.report() for line in self.lines.values()]
