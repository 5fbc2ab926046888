"""A run of a benchmark on disk: its figures, its tasks and a table, beside the evaluations."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types

from schemas.benchmark_runs import BenchmarkRun, Task
from schemas.records import to_record
from schemas.workspace import Workspace
from tasks.benchmarking.table import write_table
from tasks.formats.version_folder import file_digests, schema_of, seal

TASKS, FIGURES, TABLE = "tasks.parquet", "benchmark.json", "table.md"


def write_run(workspace: Workspace, run: BenchmarkRun, tasks: Sequence[Task]) -> Path:
    """Write a run into a folder of its name, whole or not at all; return the folder."""
    final = workspace.evaluations / run.name
    draft = final.with_name(f".draft-{run.name}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    records = [to_record(task) for task in tasks]
    pq.write_table(pa.Table.from_pylist(records, schema=schema_of(Task)), draft / TASKS)
    (draft / TABLE).write_text(write_table(run), "utf-8")
    whole = run.model_copy(update={"files": file_digests(draft)})
    (draft / FIGURES).write_text(whole.model_dump_json(indent=2), "utf-8")
    seal(draft, final)
    return final
