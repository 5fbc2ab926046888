"""What every stage does around its own work: gate the rows, commit them, hand out a receipt."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from schemas.calls import Reply
from schemas.errors import QualityError
from schemas.ids import digest, row_id, set_digest
from schemas.rows import Failure, Receipt, Row
from tasks.context import RunContext, current
from tasks.doors.cache import Partition, Spec, StageTask, stage_task
from tasks.doors.llm import noting_calls
from tasks.doors.llm.faults import TRANSIENT
from tasks.doors.quality import gate_records
from tasks.doors.store import Recorded, join_recorded, record_rows
from tasks.world.runner import ExecutionLostError

_LOG = logging.getLogger("agentalign.stage")
_MOST_NAMED = 50  # items in a line of the log

T = TypeVar("T")
PIECE = 200  # rows that become records at a time: tens of milliseconds


@dataclass(slots=True)
class Made:
    """What a stage made of `rows_in` parent rows, and what it dropped, by reason."""

    rows_in: int
    wanted: int | None = None  # rows that all of them should give; one each if not said
    rows: list[Row] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    figures: dict[str, float] = field(default_factory=dict)
    recorded: list[Recorded] = field(default_factory=list)  # further rows, see `keep`
    digest: str | None = None  # of another set than the rows, where a stage stands for one
    red: list[str] = field(default_factory=list)  # what the stage itself found to be critical

    def take(self, row: Row) -> None:
        """Take a row; many of them become records, which need a fifth of the memory."""
        self.rows.append(row)
        if len(self.rows) % PIECE == 0:
            self.recorded += record_rows(r for r in self.rows if not isinstance(r, Failure))
            self.rows = [r for r in self.rows if isinstance(r, Failure)]

    async def keep(self, rows: Sequence[Row]) -> None:
        """Take rows as records alone: for a stage of more rows than memory should hold."""
        self.recorded += await asyncio.to_thread(record_rows, rows)

    def record(self) -> list[Recorded]:
        """Return all rows as records. Blocking: meant for a thread."""
        return join_recorded([*self.recorded, *record_rows(self.rows)])

    def count_transient(self, errors: Iterable[str | None]) -> None:
        """Count errors that may pass: a receipt with any of them is no cache hit."""
        if passing := sum(error in TRANSIENT for error in errors):
            self.figures["transient"] = self.figures.get("transient", 0.0) + passing

    def count_yield(self, subcategory: str, replies: Iterable[Reply]) -> None:
        """Count what each endpoint made of a request: `asked/…`, and `<error>/…` where nothing."""
        for reply in replies:
            for name in ("asked", *([reply.error] if reply.error else [])):
                figure = f"{name}/{reply.endpoint}/{subcategory}"
                self.figures[figure] = self.figures.get(figure, 0.0) + 1

    def fail(
        self, stage: str, parent: Row, category: str, reply: Reply, *, sensitive: bool = False
    ) -> None:
        """Count an item that could not be made and keep it as a failure row.

        It quotes the last answer, of a `sensitive` one only the digest.
        """
        error = reply.error or "malformed"
        made_from = {
            "attempts": reply.attempts,
            "detail": reply.detail,
            "endpoint": reply.endpoint,
            "text": "" if sensitive else reply.text,
            "text_digest": reply.text_digest,
            "calls": (reply.key,),
        }
        self._add_failure(stage, parent, category, error, reply.key, made_from)

    def lose(self, stage: str, parent: Row, category: str, lost: ExecutionLostError) -> None:
        """Count an item whose execution took its worker down and keep it as a failure row."""
        made_from = {"attempts": 1, "detail": str(lost)}
        self._add_failure(stage, parent, category, lost.loss, lost.loss, made_from)

    def _add_failure(
        self,
        stage: str,
        parent: Row,
        category: str,
        error: str,
        cause: str,
        made_from: dict[str, Any],
    ) -> None:
        self.dropped[error] += 1
        self.rows.append(
            Failure(
                id=row_id("failure", stage, parent.id, cause),
                slot=parent.slot,
                of_stage=stage,
                item=parent.id,
                category=category,
                error=error,
                **made_from,
            )
        )


Work = Callable[[Any, tuple[Receipt, ...], Partition, RunContext], Awaitable[Made]]


def define_stage(spec: type[Spec], table: str, work: Work) -> StageTask:
    """Return the cached Prefect task of a stage.

    Raises (when run):
        QualityError: a critical expectation failed; the rows are kept, marked quarantined.
    """

    async def run(spec: Spec, upstream: tuple[Receipt, ...], part: Partition) -> Receipt:
        context = current()
        with noting_calls() as calls:
            made = await work(spec, upstream, part, context)
        made.figures["calls"] = float(len(calls))
        recorded = await asyncio.to_thread(made.record)
        red = made.red + await asyncio.to_thread(_failed_expectations, recorded)
        receipt = _receipt(made, recorded, spec, upstream, part, table, quarantined=bool(red))
        context.store.note_use(context.run, receipt)
        await context.store.commit_recorded(receipt, recorded, calls)
        context.ran.add(receipt.key)
        _log_failed(made, spec)
        if red:
            raise QualityError(
                f"{spec.stage} {spec.scope}: {'; '.join(red)}; rows are kept for inspection"
            )
        return receipt

    return stage_task(spec.stage, run)


def _log_failed(made: Made, spec: Spec) -> None:
    """Name the items that failed, by error class; their answers stay in the store."""
    failed: dict[str, list[str]] = {}
    for row in made.rows:
        if isinstance(row, Failure):
            failed.setdefault(row.error, []).append(row.item)
    for error, items in sorted(failed.items()):
        about = {"stage": spec.stage, "category": getattr(spec, "category", None)}
        about |= {"block": getattr(spec, "block", None), "error": error}
        _LOG.warning(
            "items failed", extra=about | {"count": len(items), "items": items[:_MOST_NAMED]}
        )


def _receipt(
    made: Made,
    recorded: Sequence[Recorded],
    spec: Spec,
    upstream: Sequence[Receipt],
    part: Partition,
    table: str,
    *,
    quarantined: bool,
) -> Receipt:
    kept = [one for one in recorded if one.kind is not Failure]
    made.count_transient(row.error for row in made.rows if isinstance(row, Failure))
    contents = (content for one in kept for content in one.contents)
    return Receipt(
        stage=spec.stage,
        key=spec.key(upstream, part),
        table=table,
        digest=made.digest or digest(table, set_digest(contents)),
        rows_in=made.rows_in,
        rows=sum(one.records.num_rows for one in kept if one.kind.table == table),
        dropped=dict(sorted((+made.dropped).items())),  # without what was dropped no time
        figures=made.figures | _shares(made, kept, table),
        quarantined=quarantined,
    )


def _shares(made: Made, kept: Iterable[Recorded], table: str) -> dict[str, float]:
    """Return how many rows were accepted, of how many, and how many may be asked for again."""
    outcomes = Counter(
        outcome for one in kept if one.kind.table == table for outcome in _outcomes(one)
    )
    failures = sum(isinstance(row, Failure) for row in made.rows)
    return {
        "accepted": float(outcomes["accepted"]),
        "wanted": float(made.rows_in if made.wanted is None else made.wanted),
        "failed": float(failures + outcomes["unknown"]),
    }


def _outcomes(one: Recorded) -> list[str]:
    if "outcome" not in one.records.column_names:
        return ["accepted"] * one.records.num_rows
    outcomes: list[str] = one.records["outcome"].to_pylist()
    return outcomes


def _failed_expectations(recorded: Iterable[Recorded]) -> list[str]:
    red: list[str] = []
    for one in recorded:
        if not one.stored:
            table, frame = one.kind.table, one.records.drop_columns(["record_digest"])
            failed = gate_records(table, frame).failed
            red.extend(f"{table}: {f.expectation} ({f.detail})" for f in failed)
    return red


async def in_pieces(items: Iterable[T], size: int = 8) -> AsyncIterator[T]:
    """Yield the items, giving way to calls in flight after every few of them."""
    for index, item in enumerate(items):
        if index % size == 0:
            await asyncio.sleep(0)
        yield item
