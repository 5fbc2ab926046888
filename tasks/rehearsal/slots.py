"""How a value stands in a text, and how it is read back out of it."""

import re

import orjson

from schemas.base import JsonValue

NUMBERS = frozenset({"amount", "quantity"})
QUOTED = r'"([^"]+)"|“([^”]+)”'
GROUPS = 3  # straight quotes, curly quotes, bare

_NAME = r"[A-Z](?:[\w'-]*\w)?(?: [A-Z](?:[\w'-]*\w)?)*"
CHUNK = r"[^\s\"“”]*\w"
_PHONE = r"[+(]?\d[\d() -]*\d"
_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_BARE = {
    **dict.fromkeys(NUMBERS, _NUMBER),
    **dict.fromkeys(("city", "payee", "network"), _NAME),
    "phone_number": _PHONE,
}
# Kinds whose values may hold spaces are always quoted.
_ALWAYS_QUOTED = frozenset({"text", "short_text", "query", "item", "topic", "command"})


def bare_pattern(kind: str) -> str | None:
    """Return what an unquoted value of a kind looks like; None if it is always quoted."""
    return None if kind in _ALWAYS_QUOTED else _BARE.get(kind, CHUNK)


_COMPILED = {pattern: re.compile(pattern) for pattern in (_NAME, CHUNK, _PHONE, _NUMBER)}


def write_value(kind: str, value: JsonValue, quotes: str, *, bare: bool) -> str:
    """Return a value as it stands in a text: quoted, or bare where it may and can be."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    if kind in NUMBERS:
        return text
    pattern = bare_pattern(kind)
    if bare and pattern and _COMPILED[pattern].fullmatch(text):
        return text
    return f"{quotes[0]}{text}{quotes[1]}"


def read_value(kind: str, groups: tuple[str | None, ...]) -> JsonValue:
    """Return the value that one slot's groups captured; None if none did."""
    text = next((group for group in groups if group is not None), None)
    if text is None or kind not in NUMBERS:
        return text
    number: JsonValue = orjson.loads(text)
    return number
