"""MLflow: one run per evaluation, with the version as its input, beside the runs of versions.

The run of the version says by tags, `agentalign.evaluation.NAME`, what evaluated it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from schemas.base import JsonObject
from schemas.evaluations import Column, Evaluation
from schemas.results import Manifest
from schemas.workspace import Workspace
from tasks.doors.registry import (
    PARAMS_PER_BATCH,
    dataset_input,
    experiment_id,
    find_run,
    flatten,
    open_client,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient

EVALUATION_TAG = "agentalign.evaluation"
OF_TAG = "agentalign.evaluates"
WHOLE_TAG = "agentalign.whole"
"""The last tag that a run gets: one without it was cut off."""


def log_evaluation(workspace: Workspace, evaluation: Evaluation) -> str:
    """Log an evaluation as a finished run and return the run's id; an evaluation has one run.

    Blocking: meant for a thread. One that was made again, as calls had failed, is logged anew.

    Raises:
        WorkspaceError: the tracking database can't be used.
    """
    with open_client(workspace) as client:
        experiment = experiment_id(client, workspace)
        query = f"tags.`{EVALUATION_TAG}` = '{evaluation.name}'"
        for run in client.search_runs([experiment], query):
            if run.data.tags.get(WHOLE_TAG) == evaluation.created_at:
                return str(run.info.run_id)
            client.delete_run(run.info.run_id)
        run_id = _log(client, experiment, workspace, evaluation)
    _link(workspace, evaluation, run_id)
    return run_id


def _log(
    client: "MlflowClient", experiment: str, workspace: Workspace, evaluation: Evaluation
) -> str:
    from mlflow.entities import Metric, Param

    tags = {
        EVALUATION_TAG: evaluation.name,
        OF_TAG: evaluation.version,
        "agentalign.model": evaluation.params.endpoint,
        "agentalign.rehearsal": str(evaluation.rehearsal).lower(),
        "agentalign.code": evaluation.code_version,
    }
    name = f"evaluation {evaluation.name}"
    run = client.create_run(experiment, run_name=name, tags=tags)
    run_id = str(run.info.run_id)
    folder = workspace.versions / evaluation.version
    manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
    client.log_inputs(run_id, [dataset_input(manifest, workspace, folder, "evaluation")])
    now = run.info.start_time
    metrics = [
        Metric(key, value, now, 0)
        for column in evaluation.columns
        for key, value in _metrics(column, column.key == evaluation.columns[0].key)
    ]
    client.log_batch(run_id, metrics=metrics)
    given: JsonObject = {
        "params": evaluation.params.model_dump(mode="json"),
        "models": {f"{m.role}.{m.name}": m.model for m in evaluation.models},
        "rows": evaluation.rows,
    }
    params = [Param(key, value) for key, value in flatten(given).items()]
    for start in range(0, len(params), PARAMS_PER_BATCH):
        client.log_batch(run_id, params=params[start : start + PARAMS_PER_BATCH])
    client.log_artifacts(run_id, str(workspace.evaluations / evaluation.name))
    client.set_tag(run_id, WHOLE_TAG, evaluation.created_at)
    client.set_terminated(run_id)
    return run_id


def _metrics(column: Column, is_first: bool) -> Iterator[tuple[str, float]]:
    """Yield each figure with its bounds; those of the model that is evaluated have no prefix."""
    before = "" if is_first else f"{column.key.replace('+', '.')}/"
    for name, found in column.figures.items():
        told = {"": found.value, ".low": found.low, ".high": found.high}
        yield from ((f"{before}{name}{end}", v) for end, v in told.items() if v is not None)
        yield f"{before}{name}.n", found.n
    for fault, count in column.errors.items():
        yield f"{before}unknown_{fault}", count


def _link(workspace: Workspace, evaluation: Evaluation, run_id: str) -> None:
    """Let the version's run name the evaluation."""
    of_version = find_run(workspace, evaluation.version)
    if of_version is None:
        return
    with open_client(workspace) as client:
        said = f"{evaluation.params.endpoint}, run {run_id}"
        client.set_tag(of_version, f"{EVALUATION_TAG}.{evaluation.name}", said)
