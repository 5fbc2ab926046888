"""An export's folder: filled aside, put in place at the end, never another export's."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from schemas.errors import BadInputError

MANIFEST = "manifest.json"
_DRAFTS = ".export.part"


@contextmanager
def drafting(out: Path, format_name: str, version: str) -> Iterator[Path]:
    """Open a folder for drafts in `out`; what is in it at the end takes its place there.

    The manifest is moved last: a folder without one is no export. An earlier export of the same
    version and format is replaced, whatever its options were. After an error nothing is left.

    Raises:
        BadInputError: the folder can't be written, or holds another export, or somebody's file
            where one of these should be.
    """
    new, drafts = not out.exists(), out / _DRAFTS
    try:
        earlier = _earlier_files(out, format_name, version)
        shutil.rmtree(drafts, ignore_errors=True)  # of a run that was killed
        drafts.mkdir(parents=True)
        try:
            yield drafts
            _put_in_place(drafts, out, earlier)
        finally:
            shutil.rmtree(drafts, ignore_errors=True)
            if new and not any(out.iterdir()):
                out.rmdir()
    except OSError as exc:
        msg = f"{out} can't be written ({exc.strerror}); give another folder with --out"
        raise BadInputError(msg) from exc


def _put_in_place(drafts: Path, out: Path, earlier: list[str]) -> None:
    written = sorted(path for path in drafts.rglob("*") if path.is_file())
    _check_free({str(path.relative_to(drafts)) for path in written} - {MANIFEST, *earlier}, out)
    (out / MANIFEST).unlink(missing_ok=True)
    for name in earlier:
        (out / name).unlink(missing_ok=True)
    for path in sorted(written, key=lambda path: path == drafts / MANIFEST):
        place = out / path.relative_to(drafts)
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)


def _check_free(names: Iterable[str], out: Path) -> None:
    """Raise BadInputError for a file that no export wrote: a README.md of somebody's own, say."""
    there = sorted(name for name in names if (out / name).exists())
    if there:
        msg = f"{out} holds {', '.join(there)} of something else; give another folder with --out"
        raise BadInputError(msg)


def _earlier_files(out: Path, format_name: str, version: str) -> list[str]:
    """Return the files of an earlier export that this one replaces. Raises: BadInputError."""
    file = out / MANIFEST
    if not file.exists():
        return []
    try:
        there = orjson.loads(file.read_bytes())
        held = (there["format"], there["version"])
        listed = [each["name"] for each in there.get("files", ())] + [*there.get("beside", ())]
        names = [name for name in listed if _lies_in(out, name)]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as exc:
        msg = f"{out} holds a manifest.json that is no export's; give another folder with --out"
        raise BadInputError(msg) from exc
    if held != (format_name, version):
        msg = (
            f"{out} holds an export of {held[1]} as {held[0]}, not of {version} as {format_name};"
            " give another folder with --out"
        )
        raise BadInputError(msg)
    return names


def _lies_in(out: Path, name: str) -> bool:
    return (out / name).resolve().is_relative_to(out.resolve())
