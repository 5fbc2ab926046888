from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from agentalign.building import take_snapshot
from agentalign.progress import Snapshot, StageProgress
from flows.ledger import Ledger
from schemas.params import BuildParams
from schemas.results import CallCounts
from schemas.rows import Receipt
from tasks.context import Items

if TYPE_CHECKING:
    from flows.stages import Stages


@dataclass
class Engine:
    """An engine with three calls made and two on their way."""

    healed: list[str] = field(default_factory=list)
    cost_usd: float = 0.75

    def counts(self) -> CallCounts:
        """Return three calls."""
        return CallCounts(made=3)

    def progress(self) -> SimpleNamespace:
        """Return what the real one says of its speed."""
        return SimpleNamespace(
            in_flight=2, limit=64, per_second=1.5, refused_share=0.25,
            stages={"semantic": CallCounts(made=3)},
        )  # fmt: skip


class Running:
    """A run with the real ledger and a made-up engine."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.context = SimpleNamespace(
            engine=Engine(), params=BuildParams(), items={"plans": Items(begun=8, done=5)}
        )


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
    assert list(snapshot.stages) == [StageProgress("plans", 1, 2, 3, False, (5, 8))]
    assert snapshot.calls == CallCounts(made=3)
    assert (snapshot.in_flight, snapshot.limit, snapshot.per_second) == (2, 64, 1.5)
    assert (snapshot.refused_share, snapshot.spent_usd, snapshot.unpriced) == (0.25, 0.75, False)


def test_what_is_left_is_what_was_expected_less_what_is_done() -> None:
    """By stage, cached stage runs counted as done; nothing once the selection is made."""
    running = Running()
    expected = {"instructions": 10.0, "semantic": 5.5}
    running.ledger.begin("instructions")
    cached = Receipt(
        stage="instructions", key="k", table="instructions", digest="d", rows_in=4, rows=3,
        dropped={}, figures={"calls": 9.0},
    )  # fmt: skip
    running.ledger.end("instructions", [cached], hit=True, total=False)
    assert take_snapshot(cast("Stages", running), expected).remaining == 1 + 2.5
    running.ledger.begin("balance")
    running.ledger.end("balance", [], hit=False, total=True)
    assert take_snapshot(cast("Stages", running), expected).remaining == 0
