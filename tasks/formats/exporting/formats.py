"""What a format is to the writer: how a row is said in it, and how its files are laid out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import orjson

from schemas.base import JsonObject
from schemas.rows import Example
from tasks.formats.exporting.manifest import ExportManifest
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.withholding import Withheld
from tasks.formats.versions import Version


class Sink(Protocol):
    """A file that records are written to, in order."""

    def write(self, records: Sequence[JsonObject]) -> None:
        """Add the records of one row."""

    def close(self) -> None:
        """Finish the file."""


class LinesSink:
    """JSONL: a record a line."""

    def __init__(self, file: Path) -> None:
        self._output = file.open("wb")

    def write(self, records: Sequence[JsonObject]) -> None:
        """Add the records of one row."""
        for record in records:
            self._output.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))

    def close(self) -> None:
        """Finish the file."""
        self._output.close()


class ListSink:
    """One JSON list, a record a line."""

    def __init__(self, file: Path) -> None:
        self._output = file.open("wb")
        self._before = b"[\n"

    def write(self, records: Sequence[JsonObject]) -> None:
        """Add the records of one row."""
        for record in records:
            self._output.write(self._before + orjson.dumps(record))
            self._before = b",\n"

    def close(self) -> None:
        """Finish the file."""
        self._output.write(b"\n]\n")
        self._output.close()


def name_lines(format_name: str, version: str, split: str) -> str:
    """Return a split's file name, with the version in it: a rehearsal's files say so."""
    return f"{format_name}-{version}-{split}.jsonl"


def _nothing_more(_manifest: ExportManifest, _version: Version) -> Mapping[str, bytes]:
    return {}


def _the_file_itself(file: Path, records: int) -> Mapping[Path, int]:
    return {file: records}


def _nothing_left_out(_row: Example, _options: ExportOptions) -> Mapping[str, int]:
    return {}


@dataclass(frozen=True, slots=True)
class Format:
    """One training format.

    `to_records` gets rows that `soundness` let through. `name_file` gives a file per split, or one
    for all. `add_files` returns what stands beside the records, by name, once they are counted.
    `left_out` counts what of a row's turns its records lack, by a word. `list_parts` returns the
    files that a sink made of its own, with the records of each.
    """

    name: str
    to_records: Callable[[Example, ExportOptions], Sequence[JsonObject] | Withheld]
    thinks: bool = False  # whether there is a place for thoughts
    open_sink: Callable[[Path], Sink] = LinesSink
    name_file: Callable[[str, str, str], str] = name_lines  # of format, version and split
    add_files: Callable[[ExportManifest, Version], Mapping[str, bytes]] = _nothing_more
    left_out: Callable[[Example, ExportOptions], Mapping[str, int]] = _nothing_left_out
    list_parts: Callable[[Path, int], Mapping[Path, int]] = _the_file_itself
