"""The log of aliases, a file of a workspace: each line a move, and none is ever changed."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import BinaryIO

from pydantic import ValidationError

from schemas.aliases import Alias, Move, holders
from schemas.errors import WorkspaceError
from schemas.workspace import Workspace


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
        with _held(workspace) as file:
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
            _append(file, said, move)
            return move
    except OSError as exc:
        raise _unusable(workspace, exc.strerror or "") from exc


@contextmanager
def _held(workspace: Workspace) -> Iterator[BinaryIO]:
    """Open the log for one process at a time: builds and people move aliases."""
    workspace.aliases.touch()
    with workspace.aliases.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _append(file: BinaryIO, said: bytes, move: Move) -> None:
    whole = said.rfind(b"\n") + 1
    file.seek(whole)
    file.truncate()  # of what a crash has cut off
    file.write(move.model_dump_json().encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())


def _parse(workspace: Workspace, said: bytes) -> list[Move]:
    lines = said[: said.rfind(b"\n") + 1].splitlines()
    try:
        return [Move.model_validate_json(line) for line in lines]
    except ValidationError as exc:
        raise _unusable(workspace, "a line of it is no move of an alias") from exc


def _unusable(workspace: Workspace, why: str) -> WorkspaceError:
    return WorkspaceError(
        f"{workspace.aliases}, the log of aliases, can't be used ({why}); put it right, or take it"
        " away: aliases then point nowhere until they are moved again"
    )
