"""Tells whether a version's files are what it was published with."""

import hashlib
from pathlib import Path

from tasks.formats.versions import Version


def damaged_files(version: Version) -> list[str]:
    """Return the files of a version, by relative path, that are missing or were altered."""
    return [
        name
        for name, said in version.manifest.files.items()
        if _digest(version.folder / name) != said
    ]


def _digest(file: Path) -> str | None:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return None
