"""Answers on disk the moment they arrive: JSON lines that survive a SIGKILL."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import orjson
from pydantic import ValidationError

from schemas.base import Declared
from schemas.calls import CallInfo, Reply
from schemas.errors import WorkspaceError
from tasks.doors.llm.reading import text_digest


class Entry(Declared):
    """A reply and who asked."""

    reply: Reply
    info: CallInfo


class Settled(Declared):
    """What became of a sensitive reply: kept (None), or removed by a verdict."""

    settled: str
    verdict: str | None


@dataclass(slots=True)
class Segment:
    """What could be read of one file; lines that are cut or altered are counted."""

    path: Path
    lines: list[Entry | Settled] = field(default_factory=list)
    damaged: int = 0


class Journal:
    """Files `<name>-<number>.jsonl` of a folder; the newest is open, made by its first line."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        folder.mkdir(parents=True, exist_ok=True)
        for unfinished in folder.glob(f"{name}-*.tmp"):
            unfinished.unlink()
        self._closed = sorted(folder.glob(f"{name}-*.jsonl"))
        self._number = max((_number(path) for path in self._closed), default=0)
        self._path: Path | None = None
        self._file: BinaryIO | None = None

    def append(self, line: Entry | Settled) -> None:
        """Write a line; it is the kernel's before this returns."""
        try:
            file = self._file or self._open()
            file.write(_encode(line))
            file.flush()
        except OSError as exc:
            msg = f"journal {self._folder} can't be written: {exc.strerror}; make room and resume"
            raise WorkspaceError(msg) from exc

    def roll(self) -> list[Path]:
        """Close the open segment; return all that are closed, oldest first."""
        if self._file is not None and self._path is not None:
            self._file.close()
            self._closed.append(self._path)
            self._file = self._path = None
        return list(self._closed)

    def drop(self, paths: Sequence[Path]) -> None:
        """Delete closed segments, oldest first."""
        for path in paths:
            path.unlink(missing_ok=True)
            self._closed.remove(path)

    def replace(self, paths: Sequence[Path], lines: Sequence[Entry]) -> None:
        """Put `lines` in the place of closed segments, in one step that a crash can't halve."""
        if not paths:
            return
        if lines:
            # into the oldest: what settles an entry lies behind it until the entry is gone
            _write_whole(paths[0], lines)
        self.drop(paths[1:] if lines else paths)

    def read(self) -> Iterator[Segment]:
        """Yield what is in the closed segments, oldest first."""
        for path in list(self._closed):
            yield _read(path)

    def _open(self) -> BinaryIO:
        self._number += 1
        self._path = self._folder / f"{self._name}-{self._number:08d}.jsonl"
        self._file = self._path.open("ab")
        return self._file


def _number(path: Path) -> int:
    digits = path.stem.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0


def _encode(line: Entry | Settled) -> bytes:
    return line.model_dump_json(exclude_defaults=True).encode() + b"\n"


def _write_whole(path: Path, lines: Sequence[Entry]) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.writelines(map(_encode, lines))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _read(path: Path) -> Segment:
    segment = Segment(path)
    with path.open("rb") as file:
        for raw in file:
            if (line := _decode(raw)) is None:
                segment.damaged += 1
            else:
                segment.lines.append(line)
    return segment


def _decode(raw: bytes) -> Entry | Settled | None:
    try:
        value = orjson.loads(raw)
        if "settled" in value:
            return Settled.model_validate(value)
        entry = Entry.model_validate(value)
    except (orjson.JSONDecodeError, ValidationError, TypeError):
        return None
    reply = entry.reply
    whole = not reply.text_digest or reply.tombstone or (
        reply.text_digest == text_digest(reply.text, reply.tool_calls)
    )  # fmt: skip
    return entry if whole else None
