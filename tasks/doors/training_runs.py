"""MLflow: a training run gets the version it used as its input, and the two name each other.

The training run says by tags what it was trained on, the version's run by a tag for each,
`agentalign.training.RUN`, what trained on it. The training run may be on another server.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from schemas.errors import BadInputError
from schemas.results import Manifest
from schemas.trainings import Training
from schemas.workspace import Workspace
from tasks.doors.registry import dataset_input, find_run, open_client

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Run

TRAINED_ON_TAG = "agentalign.trained_on"
TRAINED_DIGEST_TAG = "agentalign.trained_on.digest"
TRAINING_TAG = "agentalign.training"
# somebody waits: MLflow's own two minutes of trying are too many
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}


def mark_run(workspace: Workspace, manifest: Manifest, run_id: str, tracking: str = "") -> str:
    """Let a training run have a version as its input; return the run's name.

    What is there already is not added again. Without `tracking` the run is in the workspace.

    Raises:
        BadInputError: there is no such run, or nobody answers at `tracking`.
        WorkspaceError: the workspace's own tracking database can't be used.
    """
    if not tracking:
        with open_client(workspace) as client:
            return _mark(client, workspace, manifest, run_id, "this workspace")
    with _open_tracking(tracking) as client:
        return _mark(client, workspace, manifest, run_id, hide_password(tracking))


def mark_version(workspace: Workspace, training: Training) -> None:
    """Let the run of a version, if it has one, name a training run.

    Raises:
        WorkspaceError: the tracking database can't be used.
    """
    if (of_version := find_run(workspace, training.version)) is None:
        return
    place = f" at {training.tracking}" if training.tracking else ""
    said = f"{training.name}{place}, linked {training.at} by {training.by}"
    with open_client(workspace) as client:
        client.set_tag(of_version, f"{TRAINING_TAG}.{training.run}", said)


def hide_password(address: str) -> str:
    """Return an address without the name and the password that may stand in it."""
    parts = urlsplit(address)
    if "@" not in parts.netloc:
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _mark(
    client: "MlflowClient", workspace: Workspace, manifest: Manifest, run_id: str, where: str
) -> str:
    run = _find(client, run_id, where)
    folder = workspace.versions / manifest.version
    wanted = dataset_input(manifest, workspace, folder, "training")
    taken = run.inputs.dataset_inputs if run.inputs else ()
    if not any(_is_same(each, wanted) for each in taken):
        client.log_inputs(run_id, [wanted])
    client.set_tag(run_id, TRAINED_ON_TAG, manifest.version)
    client.set_tag(run_id, TRAINED_DIGEST_TAG, manifest.digest)
    return str(run.info.run_name or run_id)


def _is_same(one: "DatasetInput", other: "DatasetInput") -> bool:
    return (one.dataset.name, one.dataset.digest) == (other.dataset.name, other.dataset.digest)


def _find(client: "MlflowClient", run_id: str, where: str) -> "Run":
    """Return a run that was not deleted. Raises: BadInputError."""
    from mlflow.exceptions import MlflowException

    try:
        run = client.get_run(run_id)
    except MlflowException as exc:
        if exc.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        msg = (
            f"no run {run_id!r} in MLflow of {where}; a run's id is on its page, and"
            " --tracking-uri names another server"
        )
        raise BadInputError(msg) from exc
    if run.info.lifecycle_stage != "active":
        raise BadInputError(f"run {run_id} in MLflow of {where} was deleted")
    return run


@contextmanager
def _open_tracking(address: str) -> "Iterator[MlflowClient]":
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
    for name in ("mlflow", "alembic", "urllib3"):
        logging.getLogger(name).setLevel(logging.ERROR)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield MlflowClient(tracking_uri=address)
    except (MlflowException, SQLAlchemyError, OSError) as exc:
        said = str(exc).splitlines()[0].replace(address, hide_password(address))
        msg = f"MLflow at {hide_password(address)} can't be used ({said}); see --tracking-uri"
        raise BadInputError(msg) from exc
