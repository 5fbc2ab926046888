"""Files of a workspace that are of no use any more: results without a stage run, logs of old."""

import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from schemas.workspace import Workspace

_DAYS = 30
_DAY_S = 86_400
_ALWAYS_KEPT = "reveal.log"  # says who saw harmful text


def stale_results(workspace: Workspace, keys: Collection[str]) -> list[Path]:
    """Return Prefect's results of stage runs that the store doesn't have any more."""
    found = workspace.results.glob("*/v*/*")
    return [p for p in found if p.is_file() and str(p.relative_to(workspace.results)) not in keys]


def old_files(workspace: Workspace) -> list[Path]:
    """Return logs, and copies of the store from before an update, that are a month old."""
    oldest = time.time() - _DAYS * _DAY_S
    found = (*workspace.logs.rglob("*.log*"), *workspace.root.glob("store.v*.duckdb"))
    return [
        p for p in found if p.is_file() and p.name != _ALWAYS_KEPT and p.stat().st_mtime < oldest
    ]


def drafts(workspace: Workspace) -> list[Path]:
    """Return folders that were cut off while they were written, or removed."""
    found = (*workspace.versions.glob(".*"), *workspace.evaluations.glob(".*"))
    return [path for path in found if path.is_dir()]


def size_of(paths: Iterable[Path]) -> int:
    """Return the bytes of files, and of all files below folders."""
    return sum(file.stat().st_size for path in paths for file in _files(path))


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (file for file in path.rglob("*") if file.is_file())
    else:
        yield path
