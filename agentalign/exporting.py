"""Writes a version in a training format."""

from pathlib import Path

from schemas.errors import BadInputError
from schemas.rows import Example
from tasks.formats.exporting.manifest import ExportManifest
from tasks.formats.exporting.options import BesideCalls, ExportOptions, Reasoning
from tasks.formats.exporting.registry import find_format
from tasks.formats.exporting.writing import export
from tasks.formats.versions import Version


def export_version(
    version: Version, format_name: str, out: Path, options: ExportOptions | None = None
) -> ExportManifest:
    """Write a version's rows, by id, into a folder.

    Raises:
        AgentAlignError: there is no such format, or what `export` raises.
    """
    return export(version.stream(Example), version, find_format(format_name), out, options)


def choose_options(
    reasoning: Reasoning, beside_calls: BesideCalls, tokenizer: Path | None, max_tokens: int | None
) -> ExportOptions:
    """Return options as given on a command line.

    Raises:
        BadInputError: there is a limit, but nothing to count by.
    """
    if max_tokens is not None and tokenizer is None:
        msg = "--max-tokens counts by a tokenizer: give a model's local folder with --tokenizer"
        raise BadInputError(msg)
    return ExportOptions(
        reasoning=reasoning, beside_calls=beside_calls, tokenizer=tokenizer, max_tokens=max_tokens
    )
