"""The records of a file: one JSON object a line, or one JSON list, read piece by piece.

No more than one record is in memory, and no record may be longer than `LONGEST`, so that a file
of any size and form takes bounded memory.
"""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from schemas.errors import BadInputError
from tasks.formats.importing.plain_json import DECODER, NotPlainError, TooDeepError, check_plain
from tasks.formats.importing.plain_json import read_json as read_text

LONGEST = 8_000_000  # bytes of a record: a hundred times the longest of the datasets read here
_CHUNK = 1 << 20  # bytes read at a time
_SPACE = re.compile(r"[ \t\r\n]*")
_FORM = "a file holds one JSON object a line, or one JSON list of objects"


@dataclass(frozen=True, slots=True)
class Record:
    """A record and its place in the file, as "line 12" or "row 12".

    `flaw` says why it has no value, if it has none.
    """

    value: object
    place: str
    flaw: str = ""


def read_records(path: Path) -> Iterator[Record]:
    """Yield the records of a file, in order.

    A record that is JSON, but nested too deep or with numbers too large, has a flaw.

    Raises:
        BadInputError: the file can't be read, is not UTF-8, empty, cut off, or has a record that
            is no JSON or too long; it names file, line and reason.
    """
    found = False
    try:
        with path.open("rb") as file:
            for record in _read_list(path, file) if _is_list(file) else _read_lines(path, file):
                found = True
                yield record
    except OSError as exc:
        raise BadInputError(f"{path} can't be read: {exc.strerror}") from exc
    if not found:
        raise BadInputError(f"{path} holds no rows; {_FORM}")


def _is_list(file: BinaryIO) -> bool:
    start = file.read(_CHUNK).removeprefix(codecs.BOM_UTF8).lstrip()
    file.seek(0)
    return start.startswith(b"[")


def _read_lines(path: Path, file: BinaryIO) -> Iterator[Record]:
    number = 0
    while raw := file.readline(LONGEST + 1):
        number += 1
        if len(raw) > LONGEST:
            raise BadInputError(f"{path}, line {number} is longer than {LONGEST:,} bytes; {_FORM}")
        line = _decode(path, number, raw).strip()
        if line:
            yield _read_line(path, number, line)


def _decode(path: Path, number: int, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as exc:
        raise BadInputError(f"{path}, line {number} is not UTF-8") from exc


def _read_line(path: Path, number: int, line: str) -> Record:
    place = f"line {number}"
    try:
        return Record(read_text(line), place)
    except TooDeepError as exc:
        return Record(None, place, str(exc))
    except NotPlainError as exc:
        raise BadInputError(f"{path}, line {number} is not JSON: {exc}; {_FORM}") from exc


def _read_list(path: Path, file: BinaryIO) -> Iterator[Record]:
    """Yield the entries of a list, each once it is there as a whole."""
    window = _Window(path, file)
    window.take("[")
    number = 0
    while window.peek() != "]":
        if number:
            window.take(",")
        number += 1
        value = window.take_value(number)
        try:
            check_plain(value)
        except TooDeepError as exc:
            yield Record(None, f"row {number}", str(exc))
        else:
            yield Record(value, f"row {number}")
    window.take("]")
    if window.peek():
        raise BadInputError(f"{path}, line {window.line}: more follows after the list's end")


class _Window:
    """The part of a file's text that is being read."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.line = 1
        self._path, self._file = path, file
        self._text, self._at, self._ended = "", 0, False
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()

    def peek(self) -> str:
        """Return the next character that is no space, empty at the end of the file."""
        while True:
            if space := _SPACE.match(self._text, self._at):
                self._move(space.end())
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._more()

    def take(self, mark: str) -> None:
        """Step over a mark that has to come next. Raises: BadInputError."""
        found = self.peek()
        if found != mark:
            said = f"{found!r} stands" if found else "the file ends"
            raise self._error(f"{said} where {mark!r} should")
        self._move(self._at + 1)

    def take_value(self, number: int) -> Any:  # noqa: ANN401  # whatever the list holds
        """Return the next value, the list's `number`-th. Raises: BadInputError."""
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as exc:
                self._wait(f"row {number} is not JSON: {exc.msg}", exc)
            except (ValueError, RecursionError) as exc:
                said = str(exc) if isinstance(exc, NotPlainError) else "nested or numbers too deep"
                raise self._error(f"row {number} can't be read: {said}") from exc
            else:
                if end < len(self._text) or self._ended:
                    self._move(end)
                    return value
                self._more()

    def _wait(self, otherwise: str, exc: Exception) -> None:
        """Read more of a value that does not parse, as it may have been cut off by the window."""
        if self._ended:
            raise self._error(otherwise) from exc
        if len(self._text) - self._at > LONGEST:
            raise self._error(f"{otherwise}, or longer than {LONGEST:,} characters") from exc
        self._more()

    def _more(self) -> None:
        raw = self._file.read(_CHUNK)
        self._ended = not raw
        try:
            text = self._decoder.decode(raw, final=self._ended)
        except UnicodeDecodeError as exc:
            raise self._error("what follows is not UTF-8") from exc
        self._text, self._at = self._text[self._at :] + text, 0

    def _move(self, to: int) -> None:
        self.line += self._text.count("\n", self._at, to)
        self._at = to

    def _error(self, said: str) -> BadInputError:
        return BadInputError(f"{self._path}, line {self.line}: {said}; {_FORM}")
