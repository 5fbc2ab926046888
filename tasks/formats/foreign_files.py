"""The files of declared datasets: found and told by their content, before anything is made."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import BadInputError
from schemas.third_party import HUB, ForeignFile, ThirdPartySource

ENDINGS = (".json", ".jsonl")  # of the files of a folder that rows are in


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


def _find(source: ThirdPartySource, fetched: Path) -> ForeignFiles:
    path = _fetch(source, fetched) if source.path.startswith(HUB) else Path(source.path)
    files = tuple(ForeignFile(name=f.name, sha256=_digest(f)) for f in list_files(path))
    return ForeignFiles(source, path, files)


def _fetch(source: ThirdPartySource, fetched: Path) -> Path:
    from tasks.formats.foreign_hub import fetch_dataset  # few builds need it

    return fetch_dataset(source.path.removeprefix(HUB), fetched)


def list_files(path: Path) -> Sequence[Path]:
    """Return a file, or those of a folder by name, as rows are read from them.

    Raises: BadInputError if there is none.
    """
    if not path.is_dir():
        return [path]
    try:
        files = sorted(f for f in path.iterdir() if f.is_file() and f.suffix in ENDINGS)
    except OSError as exc:
        raise _unreadable(path, exc) from exc
    if not files:
        raise BadInputError(f"third-party source {path} holds no .json or .jsonl file")
    return files


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
