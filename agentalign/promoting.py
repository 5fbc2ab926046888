"""Moves an alias to a version that may have it."""

from agentalign.damage import damaged_files
from agentalign.gate import obstacles
from agentalign.own_name import own_name
from schemas.aliases import ALIASES, TRAINING, Alias, Move, holders
from schemas.errors import BadInputError, QualityError, WorkspaceError
from schemas.suggestions import suggest
from schemas.workspace import Workspace
from tasks.doors.aliases import move_alias, read_moves
from tasks.doors.registry import mirror_aliases
from tasks.formats.versions import Version


def promote(workspace: Workspace, version: Version, alias: Alias, by: str | None) -> Move:
    """Let an alias point to a version, in the workspace and in MLflow; return the move.

    Raises:
        QualityError: the version may not have it.
        WorkspaceError: files of the version are damaged, or a log can't be written.
    """
    if reasons := list(obstacles(version.manifest, for_training=alias == TRAINING)):
        raise QualityError(f"{version.name} can't be {alias}: {'; '.join(reasons)}")
    if damaged := damaged_files(version):
        raise WorkspaceError(
            f"{version.name} can't be {alias}: {', '.join(damaged)} missing or altered; remove"
            " the folder and build the version again, without new calls"
        )
    move = move_alias(workspace, alias, version.name, by or own_name())
    mirror_aliases(workspace, holders(read_moves(workspace)))
    return move


def check_alias(name: str) -> Alias:
    """Return an alias by its name. Raises: BadInputError if there is no such alias."""
    for alias in ALIASES:
        if alias == name:
            return alias
    raise BadInputError(f"unknown alias {name!r}{suggest(name, ALIASES)}")
