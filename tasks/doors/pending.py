"""Reviews that were given while nobody could open the store: a file that waits to be taken in."""

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from pydantic import ValidationError

from schemas.base import Declared
from schemas.errors import WorkspaceError
from schemas.rows import Review
from schemas.workspace import Workspace
from tasks.doors.store import Store


class Act(Declared):
    """A review that was given, or the id of one that was taken back."""

    given: Review | None = None
    forgotten: str = ""


def append_act(workspace: Workspace, act: Act) -> None:
    """Keep an act; it is on disk when this returns. Raises: WorkspaceError."""
    with _held(workspace) as file:
        end = file.seek(0, os.SEEK_END)
        if end and not _ends_whole(file):  # a process died while it wrote
            file.write(b"\n")
        file.write(act.model_dump_json().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_acts(workspace: Workspace) -> list[Act]:
    """Return the acts that wait, in their order. Raises: WorkspaceError."""
    if not workspace.reviews.exists():
        return []
    with _held(workspace) as file:
        return _read(file)


def after(acts: Iterable[Act], known: Mapping[str, Review]) -> dict[str, Review]:
    """Return the reviews that are known by id once acts have been taken in, in their order."""
    found = {**known}
    for act in acts:
        if act.given:
            found[act.given.id] = act.given
        else:
            found.pop(act.forgotten, None)
    return found


async def take_in_acts(workspace: Workspace, store: Store) -> int:
    """Write what waits into the store and empty the file; return how many acts there were.

    Cut off in the middle, all of it is written again by the next one, to the same effect.

    Raises:
        WorkspaceError: the file or the store can't be used.
    """
    if not workspace.reviews.exists():
        return 0
    with _held(workspace) as file:
        acts = _read(file)
        for act in acts:
            await (
                store.save_review(act.given) if act.given else store.remove_review(act.forgotten)
            )
        file.truncate(0)
    return len(acts)


@contextmanager
def _held(workspace: Workspace) -> Iterator[BinaryIO]:
    """Open the file for one process at a time."""
    try:
        with workspace.reviews.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
    except OSError as exc:
        msg = f"{workspace.reviews} can't be used ({exc.strerror}): no verdict is kept there"
        raise WorkspaceError(msg) from exc


def _ends_whole(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _read(file: BinaryIO) -> list[Act]:
    """Return the acts of a file. A line that was cut off was never confirmed to anybody."""
    file.seek(0)
    acts = []
    for line in file.read().splitlines():
        try:
            acts.append(Act.model_validate_json(line))
        except ValidationError:
            continue
    return acts
