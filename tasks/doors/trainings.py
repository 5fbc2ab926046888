"""The log of training runs that used a version, a file of a workspace: a line each, for good."""

from pydantic import ValidationError

from schemas.errors import WorkspaceError
from schemas.trainings import Training
from schemas.workspace import Workspace
from tasks.doors.append_log import append, hold, whole_lines


def read_trainings(workspace: Workspace) -> list[Training]:
    """Return all training runs that were linked, oldest first.

    Raises:
        WorkspaceError: the file can't be read.
    """
    try:
        return _parse(workspace, workspace.trainings.read_bytes())
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise _unusable(workspace, exc.strerror or "") from exc


def note_training(workspace: Workspace, training: Training) -> Training:
    """Note a training run, on disk; one that is noted already is returned as it was noted.

    Raises:
        WorkspaceError: the file can't be read or written.
    """
    try:
        with hold(workspace.trainings) as file:
            said = file.read()
            for known in _parse(workspace, said):
                if _place(known) == _place(training):
                    return known
            append(file, said, training.model_dump_json().encode())
            return training
    except OSError as exc:
        raise _unusable(workspace, exc.strerror or "") from exc


def _place(training: Training) -> tuple[str, str, str]:
    return training.version, training.run, training.tracking


def _parse(workspace: Workspace, said: bytes) -> list[Training]:
    try:
        return [Training.model_validate_json(line) for line in whole_lines(said)]
    except ValidationError as exc:
        raise _unusable(workspace, "a line of it is no training run") from exc


def _unusable(workspace: Workspace, why: str) -> WorkspaceError:
    return WorkspaceError(
        f"{workspace.trainings}, the log of training runs, can't be used ({why}); put it right, or"
        " take it away and link the runs again"
    )
