"""Tells of a run and its stage runs as they begin and end: the log, and lineage backends."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from prefect.runtime import flow_run

from flows.run_log import keep_log
from schemas.errors import describe_error
from schemas.rows import Receipt
from schemas.workspace import Workspace
from tasks.doors.cache import Partition, Spec
from tasks.doors.lineage import Lineage, Step, Told

_LOG = logging.getLogger("agentalign.run")


class Watch:
    """What tells of one run."""

    def __init__(self, lineage: Lineage, run: Step) -> None:
        self._lineage = lineage
        self._run = run

    @contextmanager
    def stage(
        self, spec: Spec, upstream: Sequence[Receipt], part: Partition, *, cached: bool
    ) -> Iterator[Callable[[Receipt], None]]:
        """Tell of a stage run around the block, which hands over the receipt that it comes to."""
        step = Step(f"{self._run.job}.{spec.stage}", parent=self._run)
        facts = _facts(spec, part)
        made: list[Receipt] = []
        began = time.monotonic()
        self._lineage.tell(Told(step, "START", upstream, cached=cached))
        _LOG.info("stage started", extra=facts)
        try:
            yield made.append
        except Exception as exc:
            error = describe_error(exc)
            self._lineage.tell(Told(step, "FAIL", upstream, error=error))
            _LOG.error("stage failed", extra=facts | {"error": type(exc).__name__})
            raise
        self._lineage.tell(Told(step, "COMPLETE", upstream, made, cached=cached))
        seconds = round(time.monotonic() - began, 3)
        for receipt in made:
            _LOG.info(
                "stage done",
                extra=facts | _counts(receipt) | {"seconds": seconds, "cached": cached},
            )


@contextmanager
def watch_run(workspace: Workspace) -> Iterator[Watch]:
    """Tell of a run and of its stages while the block runs."""
    run = Step(flow_run.flow_name or "run")  # an attempt: Prefect's own id is that of all of them
    with keep_log(workspace), Lineage(workspace.lineage) as lineage:
        lineage.tell(Told(run, "START"))
        _LOG.info("run started")
        try:
            yield Watch(lineage, run)
        except Exception as exc:
            lineage.tell(Told(run, "FAIL", error=describe_error(exc)))
            _LOG.error("run failed", extra={"error": type(exc).__name__})
            raise
        lineage.tell(Told(run, "COMPLETE"))
        _LOG.info("run done")


def _facts(spec: Spec, part: Partition) -> dict[str, object]:
    return {
        "stage": spec.stage,
        "category": getattr(spec, "category", None),
        "block": getattr(spec, "block", None),
        "part": part.index if part.count > 1 else None,
    }


def _counts(receipt: Receipt) -> dict[str, object]:
    return {"rows_in": receipt.rows_in, "rows_out": receipt.rows, "dropped": receipt.dropped}
