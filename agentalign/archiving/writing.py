"""Writes the archive of a workspace: what is in it was so at one moment, or it isn't written."""

import hashlib
import io
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from agentalign.archiving.contents import LISTING, STORE, TRACKING, Listing, Member, plain_files
from schemas.errors import BadInputError, WorkspaceError
from schemas.version import SCHEMA_VERSION, code_version
from schemas.workspace import Workspace, store_url
from tasks.doors.store import Store
from tasks.doors.store.connection import parse_url
from tasks.doors.syncing import sync
from tasks.holding import hold_workspace

_LEVEL = 1  # most of it is compressed already


def write_backup(workspace: Workspace, out: Path, *, wait: bool = False) -> Listing:
    """Write an archive of a workspace, whole or not at all, and return what is in it.

    Raises:
        BadInputError: there is such a file, or it can't be made there.
        WorkspaceBusyError: a build holds the workspace, and `wait` is false.
        WorkspaceError: the store can't be read, or a file changed while it was read.
    """
    if out.exists():
        raise BadInputError(f"{out} is there already; remove it, or give another name")
    if not out.parent.is_dir():
        raise BadInputError(f"{out.parent} is no folder; make it first, or give another name")
    draft = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with hold_workspace(workspace, wait=wait), tempfile.TemporaryDirectory() as copies:
            listing = _write(draft, dict(_files(workspace, Path(copies))))
        _put_in_place(draft, out)
    except OSError as exc:
        raise BadInputError(f"{out} can't be written ({exc.strerror or exc})") from exc
    finally:
        with suppress(OSError):
            draft.unlink()
    return listing


def _files(workspace: Workspace, copies: Path) -> Iterator[tuple[str, Path]]:
    """Yield name and place of each file: the databases last, as they are checked or copied."""
    yield from plain_files(workspace)
    store = Path(parse_url(store_url(workspace)))
    if store.is_file():
        Store.open(store_url(workspace)).close()  # what was only in its log is in the file now
        yield STORE, store
    tracking = workspace.root / TRACKING
    if tracking.is_file():
        yield TRACKING, _copy_tracking(tracking, copies / "mlflow.db")


def _copy_tracking(database: Path, copy: Path) -> Path:
    """Copy the run history as of one moment: an MLflow server may be writing to it."""
    try:
        read_only = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
        with closing(read_only) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.Error as exc:
        raise WorkspaceError(f"the run history {database} can't be read ({exc})") from exc
    return copy


def _write(draft: Path, files: dict[str, Path]) -> Listing:
    listing = Listing(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        code_version=code_version(),
        schema_version=SCHEMA_VERSION,
        files={name: _measure(path) for name, path in files.items()},
    )
    with draft.open("wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_LEVEL) as archive:
            said = listing.model_dump_json().encode()
            archive.addfile(_entry(LISTING, len(said)), io.BytesIO(said))
            for name, path in files.items():
                _add(archive, name, path, listing.files[name])
        file.flush()
        os.fsync(file.fileno())
    return listing


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o644
    return entry


def _add(archive: tarfile.TarFile, name: str, path: Path, member: Member) -> None:
    with path.open("rb") as file:
        watched = _Watched(file)
        archive.addfile(_entry(name, member.size), watched)
        if watched.sha256 != member.sha256 or file.read(1):
            raise WorkspaceError(f"{path} changed while it was read; run `agentalign backup` again")


class _Watched(io.RawIOBase):
    """A file whose content is digested as it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._hash = file, hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._hash.update(data)
        return data


def _measure(path: Path) -> Member:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Member(size=file.tell(), sha256=digest)


def _put_in_place(draft: Path, out: Path) -> None:
    draft.replace(out)
    sync(out.parent)
