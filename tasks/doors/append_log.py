"""A file that is only ever appended to, a line at a time, by one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def hold(path: Path) -> Iterator[BinaryIO]:
    """Open a log, which is made if there is none, while no other process has it open."""
    path.touch()
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def whole_lines(said: bytes) -> list[bytes]:
    """Return the lines of a log; a last one that was cut off never was one."""
    return said[: said.rfind(b"\n") + 1].splitlines()


def append(file: BinaryIO, said: bytes, line: bytes) -> None:
    """Write a line, to disk, after what a log says; what a crash has cut off goes."""
    file.seek(said.rfind(b"\n") + 1)
    file.truncate()
    file.write(line + b"\n")
    file.flush()
    os.fsync(file.fileno())
