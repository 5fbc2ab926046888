"""Reads the texts of benchmarks, from files that the user names. None come with the project.

A file is AgentHarm's layout (an object whose `behaviors` have a `prompt`), a JSON list of
objects, or one object a line; the text of an object is its `prompt`, `instruction`, `question`
or `text`, else the first user turn of its `messages`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import orjson

from schemas.audits import BenchmarkFile
from schemas.base import JsonValue
from schemas.errors import BadInputError
from schemas.ids import digest, set_digest

LARGEST = 8_000_000  # bytes, of all files together; comparing takes 40 times as much memory
FIELDS = ("prompt", "instruction", "question", "text")
LOOKED_FOR = (
    f"an object with a list `behaviors`, a JSON list of objects, or one object a line, each with "
    f"{', '.join(f'`{name}`' for name in FIELDS)} or `messages` with a user turn"
)


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """Texts that no row may resemble. They are for comparing: not for rows, reports or keys."""

    texts: tuple[str, ...] = field(default=(), repr=False)  # each once, sorted
    files: tuple[BenchmarkFile, ...] = ()  # by name

    @property
    def digest(self) -> str:
        """The digest of the texts, whatever files they stand in."""
        return set_digest(digest(text) for text in self.texts)


def read_benchmarks(paths: Iterable[Path]) -> Benchmarks:
    """Return the texts of all files, in whatever order they are named.

    Raises:
        BadInputError: a file can't be read, is too large or has another form.
    """
    texts: set[str] = set()
    files = []
    room = LARGEST
    for path in sorted(set(paths)):
        content = _read(path, room)
        room -= len(content)
        found = _texts(path, content)
        texts.update(found)
        files.append(
            BenchmarkFile(name=path.name, texts=len(found), sha256=sha256(content).hexdigest())
        )
    files.sort(key=lambda file: (file.name, file.sha256))
    return Benchmarks(texts=tuple(sorted(texts)), files=tuple(files))


def _read(path: Path, room: int) -> bytes:
    try:
        if path.stat().st_size > room:
            msg = f"{path} is too large: benchmark files may have {LARGEST:,} bytes in all"
            raise BadInputError(msg)
        return path.read_bytes()
    except OSError as exc:
        msg = f"benchmark file {path} can't be read ({exc.strerror}); name a file that can"
        raise BadInputError(msg) from exc


def _texts(path: Path, content: bytes) -> list[str]:
    entries = _entries(content.removeprefix(b"\xef\xbb\xbf"))
    if not entries:
        raise BadInputError(f"{path} holds no benchmark texts; looked for {LOOKED_FOR}")
    texts = []
    for number, entry in enumerate(entries, start=1):
        text = _text(entry)
        if text is None:
            msg = f"{path}: entry {number} of {len(entries)} has no text; looked for {LOOKED_FOR}"
            raise BadInputError(msg)
        texts.append(text)
    return texts


def _entries(content: bytes) -> Sequence[JsonValue]:
    """Return the entries of a file; none where it has no form that is known."""
    try:
        whole = orjson.loads(content)
    except orjson.JSONDecodeError:
        return _lines(content)
    if isinstance(whole, dict):
        behaviors = whole.get("behaviors", [whole])  # one object alone is a file of one line
        return behaviors if isinstance(behaviors, list) else []
    return whole if isinstance(whole, list) else []


def _lines(content: bytes) -> Sequence[JsonValue]:
    try:
        return [orjson.loads(line) for line in content.splitlines() if line.strip()]
    except orjson.JSONDecodeError:
        return []


def _text(entry: JsonValue) -> str | None:
    """Return the text of an entry, None where it has none."""
    if not isinstance(entry, dict):
        return None
    given = [entry.get(name) for name in FIELDS] + [_first_user_turn(entry.get("messages"))]
    return next((text for text in given if isinstance(text, str) and text.strip()), None)


def _first_user_turn(messages: JsonValue) -> JsonValue:
    if not isinstance(messages, list):
        return None
    turns = [turn for turn in messages if isinstance(turn, dict) and turn.get("role") == "user"]
    return turns[0].get("content") if turns else None
