from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from agentalign.building import take_snapshot
from agentalign.progress import Snapshot, StageProgress
from flows.ledger import Ledger
from schemas.results import CallCounts
from schemas.rows import Receipt

if TYPE_CHECKING:
    from flows.stages import Stages


@dataclass
class Engine:
    """An engine with three calls made and two on their way."""

    healed: list[str] = field(default_factory=list)

    def counts(self) -> CallCounts:
        """Return three calls."""
        return CallCounts(made=3)

    def progress(self) -> SimpleNamespace:
        """Return what the real one says of its speed."""
        return SimpleNamespace(in_flight=2, rate=1.5)


class Running:
    """A run with the real ledger and a made-up engine."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.context = SimpleNamespace(engine=Engine())


def test_before_the_first_stage_there_is_nothing_to_show() -> None:
    """A flow that has not opened its run yet shows an empty moment."""
    assert take_snapshot(None) == Snapshot()


def test_a_snapshot_holds_stages_and_calls() -> None:
    """Runs begun and done, rows, calls and speed are those of the run."""
    running = Running()
    running.ledger.begin("plans")
    running.ledger.begin("plans")
    receipt = Receipt(
        stage="plans", key="k", table="plans", digest="d", rows_in=4, rows=3, dropped={}
    )
    running.ledger.end("plans", [receipt], hit=False, total=False)
    snapshot = take_snapshot(cast("Stages", running))
    assert list(snapshot.stages) == [StageProgress("plans", 1, 2, 3, cached=False)]
    assert snapshot.calls == CallCounts(made=3)
    assert (snapshot.in_flight, snapshot.per_second) == (2, 1.5)
