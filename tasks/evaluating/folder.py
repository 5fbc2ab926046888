"""An evaluation on disk: outcomes, figures, page and picture."""

import shutil
from collections.abc import Sequence

import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types
from pydantic import ValidationError

from schemas.evaluations import Evaluation, Outcome
from schemas.records import from_record, to_record
from schemas.workspace import Workspace
from tasks.evaluating.listing import FIGURES, damaged, find_evaluation
from tasks.formats.version_folder import file_digests, schema_of, seal

OUTCOMES, PAGE, PICTURE = "outcomes.parquet", "report.html", "plot.png"
REMOVED = "removed.jsonl"  # what is known of answers whose text is gone; not of one evaluation


def write_evaluation(
    workspace: Workspace,
    evaluation: Evaluation,
    outcomes: Sequence[Outcome],
    page: str,
    picture: bytes,
) -> Evaluation:
    """Write an evaluation into a folder of its name, whole or not at all; return it as it is there.

    One that is there, of which calls had failed in passing, gives way.
    """
    there = find_evaluation(workspace, evaluation.name)
    if there is not None and not there.transient:  # another run was faster
        return there
    final = workspace.evaluations / evaluation.name
    draft = final.with_name(f".draft-{evaluation.name}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    records = [to_record(outcome) for outcome in outcomes]
    pq.write_table(pa.Table.from_pylist(records, schema=schema_of(Outcome)), draft / OUTCOMES)
    (draft / PAGE).write_text(page, "utf-8")
    (draft / PICTURE).write_bytes(picture)
    whole = evaluation.model_copy(update={"files": file_digests(draft)})
    (draft / FIGURES).write_text(whole.model_dump_json(indent=2), "utf-8")
    shutil.rmtree(final, ignore_errors=True)
    seal(draft, final)
    return whole


def read_outcomes(workspace: Workspace, name: str) -> list[Outcome]:
    """Return the outcomes of an evaluation, in their order. Raises: WorkspaceError."""
    file = workspace.evaluations / name / OUTCOMES
    try:
        return [from_record(Outcome, each) for each in pq.read_table(file).to_pylist()]
    except (OSError, pa.ArrowException, ValidationError) as exc:
        raise damaged(file) from exc
