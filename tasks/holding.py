"""Holds a workspace for one process at a time; the kernel lets go of it, however that ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import orjson

from schemas.errors import WorkspaceBusyError, WorkspaceError
from schemas.workspace import Workspace

POLL_S = 0.2
_HELD: set[Path] = set()  # by this process, around whatever it runs


@contextmanager
def hold_workspace(workspace: Workspace, *, wait: bool = False) -> Iterator[None]:
    """Hold the workspace until the block ends or the process dies, however it dies.

    Raises:
        WorkspaceBusyError: another build holds it and `wait` is false.
        WorkspaceError: the lock file can't be written.
    """
    with open_lock(workspace) as file:
        while not try_lock(file):
            if not wait:
                raise WorkspaceBusyError(describe_holder(workspace))
            time.sleep(POLL_S)
        _HELD.add(workspace.root)
        try:
            yield
        finally:
            _HELD.discard(workspace.root)


def is_held_here(workspace: Workspace) -> bool:
    """Whether this process runs inside a `hold_workspace` of its own."""
    return workspace.root in _HELD


def open_lock(workspace: Workspace) -> TextIO:
    """Return the open lock file, to be closed. Raises: WorkspaceError."""
    try:
        return workspace.lock.open("a+", encoding="utf-8")
    except OSError as exc:
        raise not_writable(workspace.root, exc) from exc


def try_lock(file: TextIO) -> bool:
    """Take the lock if nobody has it, and say whose it is; return whether it was taken."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    _write_holder(file)
    return True


def _write_holder(file: TextIO) -> None:
    """Say who holds the lock, for people; the lock itself is the kernel's."""
    holder = {"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
    file.seek(0)
    file.truncate()
    file.write(orjson.dumps(holder).decode() + "\n")
    file.flush()


def describe_holder(workspace: Workspace) -> str:
    """Return who holds a workspace, and what to do."""
    try:
        holder = orjson.loads(workspace.lock.read_bytes())
        who = f"process {holder['pid']}, since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process"
    return (
        f"workspace {workspace.root} is in use by another build ({who}); "
        "wait for it to end, pass --wait, or give another --workspace"
    )


def not_writable(root: Path, exc: OSError) -> WorkspaceError:
    """Return the error of a workspace that can't be written."""
    return WorkspaceError(
        f"workspace {root} can't be written ({exc.strerror}); "
        "make it writable, or give another folder with --workspace"
    )
