"""OpenLineage: what each stage run read and wrote, sent from a thread of its own.

Where events go is the client's own configuration (its environment variables, openlineage.yml);
without any they go to a file. A backend that fails is given up on, and never fails a build.
"""

import logging
import os
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self
from uuid import uuid4

from schemas.rows import ROWS, Receipt
from schemas.version import code_version

if TYPE_CHECKING:
    from openlineage.client import OpenLineageClient
    from openlineage.client.event_v2 import (
        DatasetEvent,
        InputDataset,
        Job,
        OutputDataset,
        Run,
        RunEvent,
    )

Transition = Literal["START", "COMPLETE", "FAIL"]

_LOG = logging.getLogger("agentalign.lineage")
_CLOSE_TIMEOUT_S = 10.0
_DIGEST_LENGTH = 16
_TABLES = {kind.table: kind for kind in ROWS}


@dataclass(frozen=True, slots=True)
class Step:
    """A run of a job: of a flow, or of a stage within one."""

    job: str
    run: str = field(default_factory=lambda: str(uuid4()))
    parent: "Step | None" = None


@dataclass(frozen=True, slots=True)
class Told:
    """That a step began or ended, when, and with which rows."""

    step: Step
    transition: Transition
    inputs: Sequence[Receipt] = ()
    outputs: Sequence[Receipt] = ()
    cached: bool = False
    error: str = ""
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat())


class Lineage:
    """Takes what is told at once, and sends it when the backend takes it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._queue: queue.SimpleQueue[Told | None] = queue.SimpleQueue()
        # a daemon, so that a backend that hangs keeps no process alive
        self._thread = threading.Thread(target=self._send_all, name="lineage", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._queue.put(None)
        self._thread.join(_CLOSE_TIMEOUT_S)

    def tell(self, told: Told) -> None:
        """Queue what happened; costs the caller next to nothing."""
        self._queue.put(told)

    def _send_all(self) -> None:
        try:
            client = make_client(self._file)
            while (told := self._queue.get()) is not None:
                for event in make_events(told):
                    client.emit(event)
            client.close(_CLOSE_TIMEOUT_S)
        except Exception as exc:  # noqa: BLE001  any backend, with errors of its own
            _LOG.warning(
                "the lineage backend failed, no more events of this run are sent",
                extra={"error": type(exc).__name__},
            )


def make_client(file: Path) -> "OpenLineageClient":
    """Return the client that its own configuration asks for, else one that writes to a file."""
    from openlineage.client import OpenLineageClient
    from openlineage.client.event_v2 import set_producer
    from openlineage.client.transport.file import FileConfig, FileTransport

    set_producer(f"urn:agentalign:{code_version()}")
    client = OpenLineageClient(transport=FileTransport(FileConfig(str(file), append=True)))
    named = client.config.transport and client.config.transport.get("type")
    if named or os.environ.get("OPENLINEAGE_URL"):
        client = OpenLineageClient()
    elif client.transport.kind == "file":
        file.parent.mkdir(parents=True, exist_ok=True)
    code = client.config.facets.source_code_location
    if not code.repo_url:
        code.disabled = True  # it would read the address of a git remote, which may hold a password
    return client


def make_events(told: Told) -> "Iterator[RunEvent | DatasetEvent]":
    """Yield the event of a transition, and one of each dataset that was made."""
    from openlineage.client.event_v2 import DatasetEvent, RunEvent, RunState, StaticDataset

    yield RunEvent(
        eventType=RunState[told.transition],
        eventTime=told.time,
        run=_run(told),
        job=_job(told.step, "TASK" if told.step.parent else "FLOW"),
        inputs=[_input(receipt) for receipt in told.inputs],
        outputs=[_output(receipt) for receipt in told.outputs],
    )
    for receipt in () if told.cached else told.outputs:
        dataset = StaticDataset(_namespace(), name_of(receipt), facets=_facets(receipt))
        yield DatasetEvent(eventTime=told.time, dataset=dataset)


def name_of(receipt: Receipt) -> str:
    """Return what a stage run's rows are called as a dataset: their table and digest."""
    return f"{receipt.table}/{receipt.digest[:_DIGEST_LENGTH]}"


def _namespace() -> str:
    return os.environ.get("OPENLINEAGE_NAMESPACE", "agentalign")


def _run(told: Told) -> "Run":
    from openlineage.client.event_v2 import Run
    from openlineage.client.facet_v2 import (
        error_message_run,
        parent_run,
        processing_engine_run,
        tags_run,
    )

    facets: dict[str, Any] = {
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(
            version=code_version(), name="agentalign"
        ),
        "tags": tags_run.TagsRunFacet(
            [tags_run.TagsRunFacetFields("cached", str(told.cached).lower(), "agentalign")]
        ),
    }
    if (parent := told.step.parent) is not None:
        facets["parent"] = parent_run.ParentRunFacet(
            run=parent_run.Run(parent.run), job=parent_run.Job(_namespace(), parent.job)
        )
    if told.error:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(told.error, "python")
    return Run(told.step.run, facets)


def _job(step: Step, kind: str) -> "Job":
    from openlineage.client.event_v2 import Job
    from openlineage.client.facet_v2 import job_type_job

    facet = job_type_job.JobTypeJobFacet("BATCH", "AGENTALIGN", kind)
    return Job(_namespace(), step.job, {"jobType": facet})


def _input(receipt: Receipt) -> "InputDataset":
    from openlineage.client.event_v2 import InputDataset
    from openlineage.client.facet_v2 import (
        data_quality_metrics_input_dataset as quality,
    )
    from openlineage.client.facet_v2 import (
        input_statistics_input_dataset as statistics,
    )

    facets: dict[str, Any] = {
        "inputStatistics": statistics.InputStatisticsInputDatasetFacet(rowCount=receipt.rows),
        "dataQualityMetrics": quality.DataQualityMetricsInputDatasetFacet({}, receipt.rows),
    }
    return InputDataset(_namespace(), name_of(receipt), inputFacets=facets)


def _output(receipt: Receipt) -> "OutputDataset":
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.facet_v2 import output_statistics_output_dataset

    facets: dict[str, Any] = {
        "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            rowCount=receipt.rows
        )
    }
    return OutputDataset(
        _namespace(), name_of(receipt), facets=_facets(receipt), outputFacets=facets
    )


def _facets(receipt: Receipt) -> dict[str, Any]:
    from openlineage.client.facet_v2 import dataset_version_dataset

    version = dataset_version_dataset.DatasetVersionDatasetFacet(receipt.digest)
    return {"schema": _schema(receipt.table), "version": version}


@cache
def _schema(table: str) -> Any:  # noqa: ANN401  the client is not imported here
    from openlineage.client.facet_v2 import schema_dataset

    fields = _TABLES[table].model_fields
    return schema_dataset.SchemaDatasetFacet(
        [
            schema_dataset.SchemaDatasetFacetFields(name, _type_name(each.annotation))
            for name, each in fields.items()
        ]
    )


def _type_name(annotation: object) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)
