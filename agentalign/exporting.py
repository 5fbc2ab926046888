"""Writes a version in a training format."""

from pathlib import Path

from schemas.errors import BadInputError
from schemas.rows import Example
from schemas.suggestions import suggest
from tasks.formats import agentalign
from tasks.formats.agentalign import ExportManifest
from tasks.formats.versions import Version

FORMATS = (agentalign.NAME,)


def export_version(version: Version, format_name: str, out: Path) -> ExportManifest:
    """Write a version's rows, by id, into a folder. Raises: BadInputError."""
    if format_name not in FORMATS:
        msg = f"unknown format {format_name!r}{suggest(format_name, FORMATS)}"
        raise BadInputError(msg)
    return agentalign.write_export(version.rows(Example), version.name, out)
