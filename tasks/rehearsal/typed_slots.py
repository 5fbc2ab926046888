"""Values whose kind says nothing of their type: numbers and truth values stand bare, words quoted.

A string that could be taken for one of those is quoted, so that each is read back as it was.
"""

import re

import orjson

from schemas.base import JsonValue
from tasks.rehearsal.slots import CHUNK, bare_pattern

_SCALAR = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_CHUNK = re.compile(CHUNK)
_QUOTES = ('""', "“”")


def write_typed(kind: str, value: JsonValue, quotes: str, *, bare: bool) -> str:
    """Return a value as it stands in a text; a string that holds the quotes gets the others."""
    if not isinstance(value, str):
        return orjson.dumps(value).decode()
    may = bare and bare_pattern(kind) is not None and not _SCALAR.fullmatch(value)
    if may and _CHUNK.fullmatch(value):
        return value
    free = (pair for pair in (quotes, *_QUOTES) if pair[1] not in value)
    around = next(free, quotes)
    return f"{around[0]}{value}{around[1]}"


def read_typed(groups: tuple[str | None, ...]) -> JsonValue:
    """Return the value that one slot's groups captured; None if none did."""
    *quoted, bare = groups
    if bare is None or not _SCALAR.fullmatch(bare):
        return bare if bare is not None else next((q for q in quoted if q is not None), None)
    scalar: JsonValue = orjson.loads(bare)
    return scalar
