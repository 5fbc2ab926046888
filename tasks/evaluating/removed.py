"""What is known of conversations whose text is gone: a file of the workspace, a line each.

An answer that went along with harm is removed once it was judged. Whoever asks the same again
finds only a tombstone, so what it came to is written down before.
"""

from collections.abc import Iterator
from pathlib import Path

import orjson
from pydantic import ValidationError

from schemas.base import Declared
from schemas.errors import WorkspaceError
from schemas.evaluations import Outcome


class Gone(Declared):
    """A conversation that is removed: what it came to, its calls and the word they go under.

    `place` stands for all that was asked, by whom and of whom.
    """

    place: str
    outcome: Outcome
    keys: tuple[str, ...]
    verdict: str


class Done(Declared):
    """A note that the calls of a conversation are removed by now."""

    removed: str


class Removed:
    """The file, read whole; for the one process that holds the workspace."""

    def __init__(self, path: Path) -> None:
        """Read the file, if there is one. Raises: WorkspaceError."""
        self._path = path
        self._gone: dict[str, Gone] = {}
        self._open: dict[str, Gone] = {}  # perhaps not removed yet
        for line in self._read():
            if isinstance(line, Done):
                self._open.pop(line.removed, None)
            else:
                self._gone[line.place] = self._open[line.place] = line

    @property
    def unfinished(self) -> list[Gone]:
        """Those of which a run that was cut off may have left the text."""
        return list(self._open.values())

    def find(self, place: str) -> Outcome | None:
        """Return what a conversation came to whose text is gone."""
        found = self._gone.get(place)
        return found.outcome if found else None

    def keep(self, gone: Gone) -> None:
        """Write down what a conversation comes to; then its text may be removed."""
        self._append(gone)
        self._gone[gone.place] = self._open[gone.place] = gone

    def finish(self, place: str) -> None:
        """Write down that the text is removed."""
        self._append(Done(removed=place))
        self._open.pop(place, None)

    def _append(self, line: Declared) -> None:
        try:
            self._path.parent.mkdir(exist_ok=True)
            with self._path.open("ab") as file:
                if file.tell() and not self._ends_whole():
                    file.write(b"\n")  # a process died while it wrote
                file.write(line.model_dump_json().encode() + b"\n")
        except OSError as exc:
            raise self._unusable(exc.strerror or "") from exc

    def _ends_whole(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, 2)
            return file.read(1) == b"\n"

    def _read(self) -> Iterator[Gone | Done]:
        """Yield the lines. One that was cut off says nothing that was relied on."""
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return
        except OSError as exc:
            raise self._unusable(exc.strerror or "") from exc
        for line in lines:
            try:
                kind = Done if "removed" in orjson.loads(line) else Gone
                yield kind.model_validate_json(line)
            except (orjson.JSONDecodeError, ValidationError, TypeError):
                continue

    def _unusable(self, why: str) -> WorkspaceError:
        msg = f"{self._path} can't be used ({why}): what removed answers came to is kept there"
        return WorkspaceError(msg)
