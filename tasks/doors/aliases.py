"""The log of aliases, a file of a workspace: each line a move, and none is ever changed."""

from datetime import UTC, datetime

from pydantic import ValidationError

from schemas.aliases import Alias, Move, holders
from schemas.errors import WorkspaceError
from schemas.workspace import Workspace
from tasks.doors.append_log import append, hold, whole_lines


def read_moves(workspace: Workspace) -> list[Move]:
    """Return all moves, oldest first; a last line that was cut off was never a move.

    Raises:
        WorkspaceError: the file can't be read.
    """
    try:
        return _parse(workspace, workspace.aliases.read_bytes())
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise _unusable(workspace, exc.strerror or "") from exc


def move_alias(workspace: Workspace, alias: Alias, version: str, by: str) -> Move:
    """Let an alias point to a version; return the move, which is on disk.

    One that points there already is not moved: the move that took it there is returned.

    Raises:
        WorkspaceError: the file can't be read or written.
    """
    try:
        with hold(workspace.aliases) as file:
            said = file.read()
            held = holders(_parse(workspace, said)).get(alias)
            if held is not None and held.version == version:
                return held
            move = Move(
                alias=alias,
                version=version,
                before=held.version if held else None,
                by=by,
                at=datetime.now(UTC).isoformat(timespec="seconds"),
            )
            append(file, said, move.model_dump_json().encode())
            return move
    except OSError as exc:
        raise _unusable(workspace, exc.strerror or "") from exc


def _parse(workspace: Workspace, said: bytes) -> list[Move]:
    try:
        return [Move.model_validate_json(line) for line in whole_lines(said)]
    except ValidationError as exc:
        raise _unusable(workspace, "a line of it is no move of an alias") from exc


def _unusable(workspace: Workspace, why: str) -> WorkspaceError:
    return WorkspaceError(
        f"{workspace.aliases}, the log of aliases, can't be used ({why}); put it right, or take it"
        " away: aliases then point nowhere until they are moved again"
    )
