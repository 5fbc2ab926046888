"""What an archive holds, and what its first member, the list of it, says."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import Field

from schemas.base import Declared
from schemas.workspace import Workspace

LISTING = "backup.json"  # the first member
MOST_LISTED = 64 * 2**20  # bytes of it
STORE = "store.duckdb"
TRACKING = "mlflow/mlflow.db"
# Prefect's database is its history and may hold secrets: only the results of stages come along.
_FOLDERS = ("journal", "versions", "evaluations", "mlflow/artifacts", "prefect/storage")
_FILES = ("aliases.jsonl", "endpoints.json", "pilot.json", "reviews.jsonl", "logs/reveal.log")


class Member(Declared):
    """A file of an archive."""

    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Listing(Declared):
    """What an archive says of itself: files by their place in the workspace."""

    format: Literal["agentalign-backup"] = "agentalign-backup"
    format_version: Literal[1] = 1
    made_at: str
    code_version: str
    schema_version: int  # of the store
    files: dict[str, Member]


def plain_files(workspace: Workspace) -> Iterator[tuple[str, Path]]:
    """Yield name and place of each file but the databases, by name; no links, no drafts."""
    for name in _FILES:
        if (workspace.root / name).is_file():
            yield name, workspace.root / name
    for folder in _FOLDERS:
        for path in sorted((workspace.root / folder).rglob("*")):
            name = path.relative_to(workspace.root).as_posix()
            if path.is_file() and not path.is_symlink() and not _stays(name):
                yield name, path


def _stays(name: str) -> bool:
    """Whether a file has no place in an archive: a draft, or answers that nobody judged yet.

    If they are harm they are to be gone for good once they are judged.
    """
    is_draft = any(part.startswith(".") for part in PurePosixPath(name).parts)
    return is_draft or name.startswith("journal/sensitive-")


def is_safe(name: str) -> bool:
    """Whether a name is one that an archive of ours may hold: a plain path below its places."""
    path = PurePosixPath(name)
    if name != path.as_posix() or path.is_absolute() or not name.isprintable() or "\\" in name:
        return False
    if any(part in ("..", ".") for part in path.parts):
        return False
    inside = any(name.startswith(f"{folder}/") for folder in _FOLDERS)
    return inside or name in (*_FILES, STORE, TRACKING)
