"""MLflow: one run per dataset version, with the dataset as an input and what it is made of."""

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.base import JsonObject, JsonValue
from schemas.errors import WorkspaceError
from schemas.ids import canonical_json
from schemas.results import Manifest
from schemas.workspace import Workspace

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Run

EXPERIMENT = "agentalign"
VERSION_TAG = "agentalign.version"
DIGEST_TAG = "agentalign.digest"
_DIGEST_LENGTH = 32  # MLflow takes 36 characters
_VALUE_LENGTH = 500
_PARAMS_PER_BATCH = 100  # MLflow takes no more
_VERSION = re.compile(r"[a-z0-9-]+")
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_CONFIGURE_LOGGING": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


def prepare(workspace: Workspace) -> None:
    """Import MLflow and set up its database, which takes seconds, before a version is there.

    Blocking: meant for a thread.

    Raises:
        WorkspaceError: the tracking database can't be used.
    """
    with _client(workspace) as client:
        _experiment_id(client, workspace)


def log_version(
    workspace: Workspace, manifest: Manifest, folder: Path, metrics: Mapping[str, float]
) -> str:
    """Log a version as a finished run and return the run's id; a version has one run.

    Blocking: meant for a thread.

    Args:
        workspace: where the tracking database and the artifacts lie.
        manifest: the version's manifest.
        folder: the version's folder, whose card and manifest become artifacts.
        metrics: counts, yields, ratios, calls.

    Raises:
        WorkspaceError: the tracking database can't be used.
    """
    with _client(workspace) as client:
        experiment = _experiment_id(client, workspace)
        for run in _runs(client, experiment, manifest.version):
            if run.data.tags.get(DIGEST_TAG) == manifest.digest:
                return str(run.info.run_id)
            client.delete_run(run.info.run_id)  # was cut off before it was whole
        run = _start(client, experiment, manifest, _location(workspace, folder))
        _describe(client, run, manifest, metrics)
        run_id = str(run.info.run_id)
        _attach(client, run_id, folder)
        client.set_tag(run_id, DIGEST_TAG, manifest.digest)
        client.set_terminated(run_id)
        return run_id


def find_run(workspace: Workspace, version: str) -> str | None:
    """Return the id of a version's run. Raises: WorkspaceError."""
    if not _VERSION.fullmatch(version) or not _database(workspace).is_file():
        return None
    with _client(workspace) as client:
        experiment = client.get_experiment_by_name(EXPERIMENT)
        runs = _runs(client, experiment.experiment_id, version) if experiment else []
        whole = [str(run.info.run_id) for run in runs if DIGEST_TAG in run.data.tags]
        return whole[0] if whole else None


def find_page(workspace: Workspace, version: str) -> str | None:
    """Return where MLflow shows a version's run, below its own address. Raises: WorkspaceError."""
    run = find_run(workspace, version)
    if run is None:
        return None
    with _client(workspace) as client:
        return f"#/experiments/{client.get_run(run).info.experiment_id}/runs/{run}"


def flatten(values: JsonObject, prefix: str = "") -> dict[str, str]:
    """Return nested parameters as dotted names and texts of at most 500 characters."""
    flat: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, dict) and value:
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = _shorten(_text(value))
    return flat


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else canonical_json(value).decode()


def _shorten(text: str) -> str:
    return text if len(text) <= _VALUE_LENGTH else f"{text[: _VALUE_LENGTH - 1]}…"


def _start(client: "MlflowClient", experiment: str, manifest: Manifest, location: str) -> "Run":
    tags = {VERSION_TAG: manifest.version, "agentalign.rehearsal": str(manifest.rehearsal).lower()}
    run = client.create_run(experiment, run_name=manifest.version, tags=tags)
    client.log_inputs(run.info.run_id, [_dataset(manifest, location)])
    return run


def _dataset(manifest: Manifest, location: str) -> "DatasetInput":
    from mlflow.entities import Dataset, DatasetInput, InputTag

    profile = {"rows": manifest.rows, "splits": manifest.splits}
    dataset = Dataset(
        name=manifest.version,
        digest=manifest.digest[:_DIGEST_LENGTH],
        source_type="local",
        source=_text({"uri": location}),
        profile=canonical_json(profile).decode(),
    )
    return DatasetInput(dataset, tags=[InputTag("mlflow.data.context", "version")])


def _describe(
    client: "MlflowClient", run: "Run", manifest: Manifest, metrics: Mapping[str, float]
) -> None:
    from mlflow.entities import Metric, Param

    now = run.info.start_time
    figures = [Metric(name, value, now, 0) for name, value in sorted(metrics.items())]
    client.log_batch(run.info.run_id, metrics=figures)
    params = [Param(name, value) for name, value in flatten(manifest.params).items()]
    for start in range(0, len(params), _PARAMS_PER_BATCH):
        client.log_batch(run.info.run_id, params=params[start : start + _PARAMS_PER_BATCH])


def _attach(client: "MlflowClient", run_id: str, folder: Path) -> None:
    for artifact in ("README.md", "manifest.json"):
        client.log_artifact(run_id, str(folder / artifact))


def _location(workspace: Workspace, folder: Path) -> str:
    return folder.resolve().relative_to(workspace.root.resolve()).as_posix()


def _runs(client: "MlflowClient", experiment: str, version: str) -> "list[Run]":
    query = f"tags.`{VERSION_TAG}` = '{version}'"
    return list(client.search_runs([experiment], query, order_by=["attributes.start_time ASC"]))


def _experiment_id(client: "MlflowClient", workspace: Workspace) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found:
        return str(found.experiment_id)
    location = workspace.mlflow_artifacts.resolve().as_uri()
    return str(client.create_experiment(EXPERIMENT, artifact_location=location))


def _database(workspace: Workspace) -> Path:
    return Path(workspace.mlflow_uri.removeprefix("sqlite:///"))


def _set_up(database: Path) -> None:
    """Make a tracking database, whole or not at all: a set-up cut off midway can't be resumed."""
    if database.exists():
        return
    from mlflow import MlflowClient

    draft = database.with_name(f"{database.name}.draft")
    draft.unlink(missing_ok=True)
    MlflowClient(tracking_uri=f"sqlite:///{draft}").search_experiments(max_results=1)
    draft.rename(database)


@contextmanager
def _client(workspace: Workspace) -> "Iterator[MlflowClient]":
    os.environ.update(_ENVIRONMENT)  # read at import
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        workspace.mlflow_artifacts.mkdir(parents=True, exist_ok=True)
        _set_up(_database(workspace))
        yield MlflowClient(tracking_uri=workspace.mlflow_uri)
    except (MlflowException, SQLAlchemyError, OSError) as exc:
        said = str(exc).splitlines()[0]
        msg = (
            f"the run history {_database(workspace)} can't be used ({said}); move the folder "
            f"{_database(workspace).parent} away: it is made anew, datasets are not in it"
        )
        raise WorkspaceError(msg) from exc
