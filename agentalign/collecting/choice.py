"""Which versions stay, and why."""

from dataclasses import dataclass

from schemas.aliases import holders
from schemas.workspace import Workspace
from tasks.doors.aliases import read_moves
from tasks.doors.registry import find_users
from tasks.doors.trainings import read_trainings
from tasks.formats.versions import Version, list_versions


@dataclass(frozen=True, slots=True)
class Choice:
    """A version, and what keeps it; without a reason it goes."""

    version: Version
    reasons: tuple[str, ...]


def choose(workspace: Workspace, keep: int) -> list[Choice]:
    """Return the versions of a workspace, newest first, with what keeps each.

    The `keep` newest stay, what an alias points to, what a run in MLflow other than our own took
    as an input, and what a linked training run on another server used.

    Raises:
        WorkspaceError: a version, the log of aliases or of training runs, or the run history can't
            be read: then nobody knows what may go.
    """
    versions = list_versions(workspace)
    users = find_users(workspace, [version.manifest for version in versions])
    held = holders(read_moves(workspace))
    away = [training for training in read_trainings(workspace) if training.tracking]
    return [
        Choice(
            version,
            (
                *(["one of the newest"] if place < keep else []),
                *(name for name, move in held.items() if move.version == version.name),
                *(f"input of run {name}" for name in users.get(version.name, ())),
                *(
                    f"trained on by run {training.name} at {training.tracking}"
                    for training in away
                    if training.version == version.name
                ),
            ),
        )
        for place, version in enumerate(versions)
    ]
