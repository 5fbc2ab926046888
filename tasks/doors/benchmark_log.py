"""MLflow: one run per run of a benchmark, beside the evaluations."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from schemas.base import JsonObject
from schemas.benchmark_runs import BenchmarkRun
from schemas.workspace import Workspace
from tasks.doors.registry import PARAMS_PER_BATCH, experiment_id, flatten, open_client

if TYPE_CHECKING:
    from mlflow.entities import Param

BENCHMARK_TAG = "agentalign.benchmark"


def log_benchmark(workspace: Workspace, found: BenchmarkRun) -> str:
    """Log a run of a benchmark as a finished run and return the run's id.

    Blocking. Its folder becomes the run's artifacts, its figures over all tasks the metrics.

    Raises:
        WorkspaceError: the tracking database can't be used.
    """
    from mlflow.entities import Metric

    tags = {
        BENCHMARK_TAG: found.name,
        "agentalign.model": _evaluated(found),
        "agentalign.rehearsal": str(found.rehearsal).lower(),
        "agentalign.code": found.code_version,
    }
    with open_client(workspace) as client:
        run = client.create_run(
            experiment_id(client, workspace), run_name=f"benchmark {found.name}", tags=tags
        )
        run_id, now = str(run.info.run_id), run.info.start_time
        client.log_batch(run_id, metrics=[Metric(k, v, now, 0) for k, v in _metrics(found)])
        params = _params(found)
        for start in range(0, len(params), PARAMS_PER_BATCH):
            client.log_batch(run_id, params=params[start : start + PARAMS_PER_BATCH])
        client.log_artifacts(run_id, str(workspace.evaluations / found.name))
        client.set_terminated(run_id)
        return run_id


def _evaluated(found: BenchmarkRun) -> str:
    return next(player.name for player in found.players if player.role == "evaluated")


def _params(found: BenchmarkRun) -> "list[Param]":
    from mlflow.entities import Param

    given: JsonObject = {
        "benchmark": found.benchmark,
        "label": found.label,
        "models": {f"{p.role}.{p.name}": p.model for p in found.players},
        "files": {file.name: file.sha256 for file in found.source},
    }
    return [Param(key, value) for key, value in flatten(given).items()]


def _metrics(found: BenchmarkRun) -> Iterator[tuple[str, float]]:
    for side in found.sides:
        for name, each in side.parts["all"].figures.items():
            if each.n:
                told = {"": each.value, ".low": each.low, ".high": each.high, ".n": each.n}
                yield from ((f"{side.side}/{name}{e}", v) for e, v in told.items() if v is not None)
        yield f"{side.side}/tasks", side.tasks
        yield from ((f"{side.side}/unknown_{fault}", n) for fault, n in side.errors.items())
        for fault, count in side.judge_faults.items():
            yield f"{side.side}/judge_fault_{fault}", count
