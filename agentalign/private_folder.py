"""A folder for what must not stay: it goes with the block, and one left by a kill goes later."""

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.workspace import Workspace

_PREFIX = ".private-"
_LOCK = "lock"
_YOUNG_S = 60.0  # one that was just made may not be locked yet


@contextmanager
def open_private_folder(workspace: Workspace) -> Iterator[Path]:
    """Yield an empty folder that only this user may enter, and remove it with all that is in it."""
    _remove_left(workspace)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=workspace.root))
    try:
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_left(workspace: Workspace) -> None:
    """Remove the folders whose command is gone: nobody holds their lock."""
    for lock in workspace.root.glob(f"{_PREFIX}*/{_LOCK}"):
        if time.time() - lock.stat().st_mtime < _YOUNG_S:
            continue
        with lock.open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(lock.parent, ignore_errors=True)
