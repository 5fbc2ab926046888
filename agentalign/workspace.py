"""Prepares the workspace of a build and holds it for one process at a time."""

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

_POLL_S = 0.2


def prepare_workspace(root: Path) -> Workspace:
    """Create the workspace's folders. Raises: WorkspaceError if it can't be used."""
    workspace = Workspace(root.resolve())
    artifacts = workspace.mlflow_artifacts
    folders = (workspace.journal, workspace.versions, workspace.results, artifacts, workspace.logs)
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as exc:
        msg = f"workspace {root} is a file, or below one; give another folder with --workspace"
        raise WorkspaceError(msg) from exc
    except OSError as exc:
        raise _not_writable(root, exc) from exc
    return workspace


@contextmanager
def hold_workspace(workspace: Workspace, *, wait: bool = False) -> Iterator[None]:
    """Hold the workspace until the block ends or the process dies, however it dies.

    Raises:
        WorkspaceBusyError: another build holds it and `wait` is false.
        WorkspaceError: the lock file can't be written.
    """
    try:
        file = workspace.lock.open("a+", encoding="utf-8")
    except OSError as exc:
        raise _not_writable(workspace.root, exc) from exc
    with file:
        while not _try_lock(file):
            if not wait:
                raise WorkspaceBusyError(_describe_holder(workspace))
            time.sleep(_POLL_S)
        _write_holder(file)
        yield


def find_workspace(root: Path) -> Workspace:
    """Return a workspace to read from. Raises: WorkspaceError if there is none."""
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        msg = f"workspace {root} {what}; run `agentalign build` first, or give --workspace DIR"
        raise WorkspaceError(msg)
    return Workspace(root.resolve())


def store_url(workspace: Workspace) -> str:
    """Return the store's URL: `AGENTALIGN_STORE_URL`, or the workspace's own file."""
    return os.environ.get("AGENTALIGN_STORE_URL") or workspace.store_url


def _try_lock(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_holder(file: TextIO) -> None:
    """Say who holds the lock, for people; the lock itself is the kernel's."""
    holder = {"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
    file.seek(0)
    file.truncate()
    file.write(orjson.dumps(holder).decode() + "\n")
    file.flush()


def _describe_holder(workspace: Workspace) -> str:
    try:
        holder = orjson.loads(workspace.lock.read_bytes())
        who = f"process {holder['pid']}, since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process"
    return (
        f"workspace {workspace.root} is in use by another build ({who}); "
        "wait for it to end, pass --wait, or give another --workspace"
    )


def _not_writable(root: Path, exc: OSError) -> WorkspaceError:
    return WorkspaceError(
        f"workspace {root} can't be written ({exc.strerror}); "
        "make it writable, or give another folder with --workspace"
    )
