"""Makes a workspace of an archive: nothing of it is in place before all of it is checked."""

import gzip
import hashlib
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from pydantic import ValidationError

from agentalign.archiving.contents import LISTING, MOST_LISTED, Listing, Member, is_safe
from agentalign.archiving.metered import Metered
from schemas.errors import BadInputError, WorkspaceError
from schemas.version import SCHEMA_VERSION
from schemas.workspace import Workspace
from tasks.doors.registry import move_artifacts
from tasks.holding import hold_workspace

_BLOCK = 2**20
_HEADER = 2**20  # bytes that a member's header, and what pads it, may take
_BROKEN = (tarfile.TarError, OSError, EOFError, zlib.error, UnicodeDecodeError)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored; `aside` is where a workspace went that was in the way."""

    listing: Listing
    aside: Path | None


def read_backup(file: Path, root: Path, *, force: bool) -> Restored:
    """Make a workspace at `root` of an archive.

    Raises:
        BadInputError: it is no whole archive of ours, or something is in the way.
        WorkspaceBusyError: a build holds the workspace that is in the way.
        WorkspaceError: it is of a later release, or there is no room for it.
    """
    root = root.resolve()
    in_the_way = root.exists() and not _is_empty(root)
    if in_the_way and not force:
        raise BadInputError(
            f"{root} is not empty; give another --workspace, or --force: what is there is then"
            " set aside, not removed"
        )
    place = Workspace(root)
    held = hold_workspace(place) if in_the_way and root.is_dir() else nullcontext()
    with held, _draft_of(root) as draft:
        listing = _unpack(file, draft)
        move_artifacts(Workspace(draft), root)
        return Restored(listing, _put_in_place(draft, root, aside=in_the_way))


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


@contextmanager
def _draft_of(root: Path) -> Iterator[Path]:
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{root.name}.", dir=root.parent))
    except OSError as exc:
        raise WorkspaceError(f"{root} can't be made ({exc.strerror})") from exc
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _put_in_place(draft: Path, root: Path, *, aside: bool) -> Path | None:
    draft.chmod(0o755)
    moved = None
    if aside:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        moved = root.rename(root.with_name(f"{root.name}.before-{stamp}"))
    elif root.exists():
        root.rmdir()
    draft.rename(root)
    return moved


def _unpack(file: Path, draft: Path) -> Listing:
    try:
        with file.open("rb") as raw, gzip.GzipFile(fileobj=raw) as stream:
            metered = Metered(cast("BinaryIO", stream))
            metered.allow(_HEADER)
            with tarfile.open(fileobj=metered, mode="r|", bufsize=tarfile.BLOCKSIZE) as archive:
                return _take_all(archive, metered, draft, file)
    except FileNotFoundError as exc:
        raise BadInputError(f"there is no file {file}") from exc
    except _BROKEN as exc:
        if isinstance(exc, OSError) and exc.errno is not None:
            raise WorkspaceError(f"{file} can't be restored ({exc.strerror})") from exc
        raise _refused(file, "it is damaged, or no archive that `agentalign backup` wrote") from exc


def _take_all(archive: tarfile.TarFile, metered: Metered, draft: Path, file: Path) -> Listing:
    listing = _read_listing(archive, metered, file)
    _check(listing, draft, file)
    left = dict(listing.files)
    while left:
        metered.allow(_HEADER)
        entry = archive.next()
        member = left.pop(entry.name, None) if entry is not None and entry.isreg() else None
        if entry is None or member is None or entry.size != member.size:
            what = f"{entry.name!r} is not as listed" if entry else f"{len(left)} files are missing"
            raise _refused(file, what)
        metered.allow(_HEADER + member.size)
        _take(archive, entry, member, draft / entry.name, file)
    metered.allow(_HEADER)
    if archive.next() is not None:
        raise _refused(file, "it holds more than it lists")
    while metered.read(_BLOCK):
        pass  # to the end, where gzip has a sum over all of it
    return listing


def _read_listing(archive: tarfile.TarFile, metered: Metered, file: Path) -> Listing:
    entry = archive.next()
    if entry is None or entry.name != LISTING or not entry.isreg() or entry.size > MOST_LISTED:
        raise _refused(file, "it is no archive that `agentalign backup` wrote")
    metered.allow(_HEADER + entry.size)
    opened = archive.extractfile(entry)
    try:
        return Listing.model_validate_json(opened.read() if opened else b"")
    except ValidationError as exc:
        raise _refused(file, f"{LISTING} in it says nothing that can be read") from exc


def _check(listing: Listing, draft: Path, file: Path) -> None:
    """Check what an archive says of itself before anything of it is written."""
    if unsafe := [name for name in listing.files if not is_safe(name)]:
        raise _refused(file, f"it holds {unsafe[0]!r}, which has no place in a workspace")
    if listing.schema_version > SCHEMA_VERSION:
        raise WorkspaceError(
            f"{file} was made by a later release (schema version {listing.schema_version}, this"
            f" one knows versions up to {SCHEMA_VERSION}); restore it with that release"
        )
    size, free = sum(m.size for m in listing.files.values()), shutil.disk_usage(draft).free
    if size > free:
        raise WorkspaceError(
            f"{file} holds {size:,} bytes, and only {free:,} are free where the workspace is to be"
        )


def _take(
    archive: tarfile.TarFile, entry: tarfile.TarInfo, member: Member, to: Path, file: Path
) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    source = archive.extractfile(entry)
    with to.open("xb") as target:
        while source is not None and (block := source.read(_BLOCK)):
            digest.update(block)
            target.write(block)
        target.flush()
        os.fsync(target.fileno())
    if digest.hexdigest() != member.sha256:
        raise _refused(file, f"{entry.name!r} was altered")
    if entry.name.startswith("versions/"):
        to.chmod(0o444)  # as a version is published


def _refused(file: Path, why: str) -> BadInputError:
    return BadInputError(f"{file} is not restored: {why}. Nothing was changed")
