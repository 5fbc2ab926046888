"""All training formats, by name."""

from collections.abc import Mapping

from schemas.errors import BadInputError
from schemas.suggestions import suggest
from tasks.formats.exporting import (
    agentalign,
    functionary,
    hub,
    mistral,
    openai,
    parquet,
    sharegpt,
    trl,
)
from tasks.formats.exporting.formats import Format

FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        agentalign.FORMAT,
        openai.FORMAT,
        trl.FORMAT,
        sharegpt.FORMAT,
        mistral.FORMAT,
        functionary.FORMAT,
        parquet.FORMAT,
        hub.FORMAT,
    )
}


def find_format(name: str) -> Format:
    """Return a format by its name. Raises: BadInputError, with the nearest name."""
    if name not in FORMATS:
        raise BadInputError(f"unknown format {name!r}{suggest(name, [*FORMATS])}")
    return FORMATS[name]
