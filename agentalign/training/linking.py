"""Links a training run in MLflow to the version that it used."""

from datetime import UTC, datetime

from agentalign.own_name import own_name
from schemas.errors import BadInputError
from schemas.trainings import Training
from schemas.workspace import Workspace
from tasks.doors.registry import find_run
from tasks.doors.training_runs import hide_password, mark_run, mark_version
from tasks.doors.trainings import note_training, read_trainings
from tasks.formats.versions import Version


def link(
    workspace: Workspace, version: Version, run: str, tracking: str = "", by: str | None = None
) -> Training:
    """Note that a run trained on a version: in MLflow on both sides, and in the workspace.

    A run that is linked already is returned as it was; whatever was missing is made good.

    Raises:
        BadInputError: there is no such run, it is a version's own, or nobody answers at
            `tracking`.
        WorkspaceError: the tracking database or the log can't be used.
    """
    elsewhere = "" if tracking == workspace.mlflow_uri else tracking
    if not elsewhere and run == find_run(workspace, version.name):
        raise BadInputError(f"run {run} is {version.name} itself, no run that trained on it")
    name = mark_run(workspace, version.manifest, run, elsewhere)
    training = Training(
        version=version.name,
        run=run,
        name=name,
        tracking=hide_password(elsewhere),
        by=by or own_name(),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    noted = note_training(workspace, training)
    mark_version(workspace, noted)
    return noted


def trainings_of(workspace: Workspace) -> dict[str, tuple[Training, ...]]:
    """Return the linked training runs by version, oldest first. Raises: WorkspaceError."""
    found: dict[str, tuple[Training, ...]] = {}
    for training in read_trainings(workspace):
        found[training.version] = (*found.get(training.version, ()), training)
    return found
