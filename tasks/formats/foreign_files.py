"""The files of declared datasets: found and told by their content, before anything is made."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import BadInputError
from schemas.third_party import HUB, ForeignFile, ThirdPartySource
from tasks.formats.importing.formats import list_files, read_rows
from tasks.formats.importing.hub import fetch_dataset


@dataclass(frozen=True, slots=True)
class ForeignFiles:
    """A declared dataset, where it lies on this machine, and the files that it is of."""

    source: ThirdPartySource
    path: Path
    files: tuple[ForeignFile, ...]  # by name


def find_foreign(sources: Iterable[ThirdPartySource], fetched: Path) -> tuple[ForeignFiles, ...]:
    """Return the files of declared datasets, in an order that the declaration's has no say in.

    Those on the hub are taken from there once, into the folder `fetched`.

    Raises:
        BadInputError: one can't be read, or holds no file.
    """
    found = [_find(source, fetched) for source in sources]
    return tuple(sorted(found, key=lambda each: (each.source.called, each.files[0].sha256)))


def check_foreign(sources: Iterable[ThirdPartySource]) -> None:
    """Read the first row of each declared dataset that lies on this machine.

    So a wrong path or form is told before anything starts. Raises: BadInputError.
    """
    for source in sources:
        if not source.path.startswith(HUB):
            next(read_rows(Path(source.path), source.format), None)


def _find(source: ThirdPartySource, fetched: Path) -> ForeignFiles:
    on_hub = source.path.startswith(HUB)
    path = fetch_dataset(source.path, fetched) if on_hub else Path(source.path)
    files = tuple(ForeignFile(name=f.name, sha256=_digest(f)) for f in list_files(path))
    return ForeignFiles(source, path, files)


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as exc:
        raise _unreadable(file, exc) from exc


def _unreadable(path: Path, exc: OSError) -> BadInputError:
    why = (exc.strerror or "no reason given").lower()
    return BadInputError(
        f"third-party source {path} can't be read ({why}); name a file, a folder or hf:owner/name"
    )
