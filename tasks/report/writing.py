"""Writes the page to its file, whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path

from schemas.errors import BadInputError
from tasks.report.page import MARK

_HEAD = 1024  # bytes in which a report says that it is one


def check_target(out: Path) -> None:
    """Check that a page can be written there, before anything is read for it.

    Raises:
        BadInputError: it is a folder, its folder is missing, or it is a file of another kind.
    """
    if out.is_dir():
        raise BadInputError(
            f"{out} is a folder; name a file in it, e.g. --out {out / 'report.html'}"
        )
    if not out.parent.is_dir():
        raise BadInputError(f"{out.parent} is no folder; make it first, or give another --out")
    if out.exists() and not _is_report(out):
        raise BadInputError(f"{out} is there and is no report; remove it, or give another --out")


def write_page(page: str, out: Path) -> None:
    """Write a page, in the place of an earlier report if there is one.

    Raises:
        BadInputError: it can't be written.
    """
    draft = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        draft.write_text(page, "utf-8")
        draft.replace(out)
    except OSError as exc:
        raise _not_writable(out, exc) from exc
    finally:
        with suppress(OSError):  # what could not be made can't be removed either
            draft.unlink()


def _is_report(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return MARK.encode() in opened.read(_HEAD)
    except OSError as exc:
        raise _not_writable(file, exc) from exc


def _not_writable(out: Path, exc: OSError) -> BadInputError:
    return BadInputError(f"{out} can't be written ({exc.strerror}); give another --out")
