"""MLflow: one run per dataset version, with the dataset as an input and what it is made of.

Aliases are tags of these runs, `agentalign.alias.NAME`: MLflow's own aliases are for models.
"""

import logging
import os
import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.aliases import Alias, Move
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
ALIAS_TAG = "agentalign.alias."
REMOVED_TAG = "agentalign.removed"
_DESCRIPTION_TAG = "mlflow.note.content"  # what its pages show of a run
_DESCRIPTION_LENGTH = 7_500  # MLflow takes 8,000 characters
# a card's fields for dataset hubs, which MLflow would show as a heading
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n\s*", re.DOTALL)
_DIGEST_LENGTH = 32  # MLflow takes 36 characters
_VALUE_LENGTH = 500
PARAMS_PER_BATCH = 100  # MLflow takes no more
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
    with open_client(workspace) as client:
        experiment_id(client, workspace)


def log_version(
    workspace: Workspace,
    manifest: Manifest,
    folder: Path,
    metrics: Mapping[str, float],
    quality: JsonObject,
) -> str:
    """Log a version as a finished run and return the run's id; a version has one run.

    Blocking: meant for a thread.

    Args:
        workspace: where the tracking database and the artifacts lie.
        manifest: the version's manifest.
        folder: the version's folder, whose card and manifest become artifacts.
        metrics: counts, yields, ratios, calls.
        quality: what the gate found, which becomes the artifact `quality.json`.

    Raises:
        WorkspaceError: the tracking database can't be used.
    """
    with open_client(workspace) as client:
        experiment = experiment_id(client, workspace)
        for run in _runs(client, experiment, manifest.version):
            if run.data.tags.get(DIGEST_TAG) == manifest.digest:
                _take_back(client, run)
                return str(run.info.run_id)
            client.delete_run(run.info.run_id)  # was cut off before it was whole
        run = _start(client, experiment, workspace, manifest, folder)
        _describe(client, run, manifest, metrics)
        run_id = str(run.info.run_id)
        _attach(client, run_id, folder, quality)
        client.set_tag(run_id, DIGEST_TAG, manifest.digest)
        client.set_terminated(run_id)
        return run_id


def attach_pages(workspace: Workspace, version: str, pages: Mapping[str, str]) -> None:
    """Put texts, by file name, beside the artifacts of a version's run, if it has one.

    Raises:
        WorkspaceError: the tracking database can't be used.
    """
    if (run_id := find_run(workspace, version)) is None:
        return
    with open_client(workspace) as client:
        for name, text in pages.items():
            client.log_text(run_id, text, name)


def mirror_aliases(workspace: Workspace, held: Mapping[Alias, Move]) -> None:
    """Let the tags of runs say what aliases point to; what they said before is mended.

    Raises:
        WorkspaceError: the tracking database can't be used.
    """

    def mirror(client: "MlflowClient", run: "Run") -> None:
        for alias, move in held.items():
            points_here = move.version == run.data.tags[VERSION_TAG]
            said = f"since {move.at}, by {move.by}" if points_here else None
            _set_or_delete(client, run, f"{ALIAS_TAG}{alias}", said)

    _on_own_runs(workspace, mirror)


def mark_removed(workspace: Workspace, versions: Collection[str], at: str) -> None:
    """Note on the runs of versions that their folders are gone; their figures stay.

    Raises:
        WorkspaceError: the tracking database can't be used.
    """

    def mark(client: "MlflowClient", run: "Run") -> None:
        if run.data.tags[VERSION_TAG] in versions:
            client.set_tag(run.info.run_id, REMOVED_TAG, at)

    _on_own_runs(workspace, mark)


def find_users(workspace: Workspace, manifests: Iterable[Manifest]) -> dict[str, tuple[str, ...]]:
    """Return by version the names of runs, but for our own, that took it as an input.

    They are known by the dataset's name, which is the version's, or by its digest. A run that
    was deleted counts no more.

    Raises:
        WorkspaceError: the tracking database can't be used.
    """
    if not _database(workspace).is_file():
        return {}
    with open_client(workspace) as client:
        experiments = [str(found.experiment_id) for found in client.search_experiments()]
        found = {m.version: _users(client, experiments, m) for m in manifests}
    return {version: names for version, names in found.items() if names}


def move_artifacts(workspace: Workspace, root: Path) -> None:
    """Let a tracking database that was copied into a workspace find its artifacts at `root`.

    MLflow notes the places of artifacts as absolute URLs. Nothing is done where there is none.

    Raises:
        WorkspaceError: it is no tracking database of ours.
    """
    if not _database(workspace).is_file():
        return
    place = Workspace(root).mlflow_artifacts.as_uri()
    try:
        with closing(sqlite3.connect(_database(workspace))) as connection, connection:
            _move(connection, place)
    except sqlite3.Error as exc:
        msg = f"the run history {_database(workspace)} can't be used ({exc})"
        raise WorkspaceError(msg) from exc


def _move(connection: sqlite3.Connection, place: str) -> None:
    query = "SELECT artifact_location FROM experiments WHERE name = ?"
    for (before,) in connection.execute(query, [EXPERIMENT]).fetchall():
        for table, column in (("experiments", "artifact_location"), ("runs", "artifact_uri")):
            connection.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?)"
                f" WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                [place, len(before) + 1, before, len(before) + 1, f"{before}/"],
            )


def find_run(workspace: Workspace, version: str) -> str | None:
    """Return the id of a version's run. Raises: WorkspaceError."""
    if not _VERSION.fullmatch(version) or not _database(workspace).is_file():
        return None
    with open_client(workspace) as client:
        experiment = client.get_experiment_by_name(EXPERIMENT)
        runs = _runs(client, experiment.experiment_id, version) if experiment else []
        whole = [str(run.info.run_id) for run in runs if DIGEST_TAG in run.data.tags]
        return whole[0] if whole else None


def find_page(workspace: Workspace, version: str) -> str | None:
    """Return where MLflow shows a version's run, below its own address. Raises: WorkspaceError."""
    run = find_run(workspace, version)
    if run is None:
        return None
    with open_client(workspace) as client:
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


def _start(
    client: "MlflowClient", experiment: str, workspace: Workspace, manifest: Manifest, folder: Path
) -> "Run":
    tags = {
        VERSION_TAG: manifest.version,
        "agentalign.rehearsal": str(manifest.rehearsal).lower(),
        "agentalign.code": manifest.code_version,
    }
    run = client.create_run(experiment, run_name=manifest.version, tags=tags)
    client.log_inputs(run.info.run_id, [dataset_input(manifest, workspace, folder, "version")])
    return run


def dataset_input(
    manifest: Manifest, workspace: Workspace, folder: Path, context: str
) -> "DatasetInput":
    """Return a version, which lies in a folder, as the input of a run: what it is there for."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    profile = {"rows": manifest.rows, "splits": manifest.splits}
    dataset = Dataset(
        name=manifest.version,
        digest=manifest.digest[:_DIGEST_LENGTH],
        source_type="local",
        source=_text({"uri": _location(workspace, folder)}),
        profile=canonical_json(profile).decode(),
    )
    return DatasetInput(dataset, tags=[InputTag("mlflow.data.context", context)])


def _describe(
    client: "MlflowClient", run: "Run", manifest: Manifest, metrics: Mapping[str, float]
) -> None:
    from mlflow.entities import Metric, Param

    now = run.info.start_time
    figures = [Metric(name, value, now, 0) for name, value in sorted(metrics.items())]
    client.log_batch(run.info.run_id, metrics=figures)
    params = [Param(name, value) for name, value in flatten(manifest.params).items()]
    for start in range(0, len(params), PARAMS_PER_BATCH):
        client.log_batch(run.info.run_id, params=params[start : start + PARAMS_PER_BATCH])


def _attach(client: "MlflowClient", run_id: str, folder: Path, quality: JsonObject) -> None:
    for artifact in ("README.md", "manifest.json"):
        client.log_artifact(run_id, str(folder / artifact))
    client.log_text(run_id, _text(quality), "quality.json")
    card = _FRONT_MATTER.sub("", (folder / "README.md").read_text("utf-8"), count=1)
    client.set_tag(run_id, _DESCRIPTION_TAG, card[:_DESCRIPTION_LENGTH])


def _take_back(client: "MlflowClient", run: "Run") -> None:
    """Let the run of a version that was removed, and is there again, say so no more."""
    _set_or_delete(client, run, REMOVED_TAG, None)


def _set_or_delete(client: "MlflowClient", run: "Run", tag: str, value: str | None) -> None:
    if value is not None and run.data.tags.get(tag) != value:
        client.set_tag(run.info.run_id, tag, value)
    elif value is None and tag in run.data.tags:
        client.delete_tag(run.info.run_id, tag)


def _users(client: "MlflowClient", experiments: list[str], manifest: Manifest) -> tuple[str, ...]:
    queries = (
        f"dataset.digest = '{manifest.digest[:_DIGEST_LENGTH]}'",
        f"dataset.name = '{manifest.version}'",
    )
    return tuple(
        dict.fromkeys(
            str(run.info.run_name or run.info.run_id)
            for query in queries
            for run in client.search_runs(experiments, query)
            if run.data.tags.get(VERSION_TAG) != manifest.version
        )
    )


def _on_own_runs(workspace: Workspace, act: "Callable[[MlflowClient, Run], None]") -> None:
    """Do something to the run of each version; where nothing was ever logged, nothing."""
    if not _database(workspace).is_file():
        return
    with open_client(workspace) as client:
        experiment = client.get_experiment_by_name(EXPERIMENT)
        query = f"tags.`{DIGEST_TAG}` != ''"
        for run in client.search_runs([experiment.experiment_id], query) if experiment else ():
            act(client, run)


def _location(workspace: Workspace, folder: Path) -> str:
    return folder.resolve().relative_to(workspace.root.resolve()).as_posix()


def _runs(client: "MlflowClient", experiment: str, version: str) -> "list[Run]":
    query = f"tags.`{VERSION_TAG}` = '{version}'"
    return list(client.search_runs([experiment], query, order_by=["attributes.start_time ASC"]))


def experiment_id(client: "MlflowClient", workspace: Workspace) -> str:
    """Return the id of the experiment of all our runs, which is made if there is none."""
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
def open_client(workspace: Workspace) -> "Iterator[MlflowClient]":
    """Open the tracking database of a workspace. Raises: WorkspaceError if it can't be used."""
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
