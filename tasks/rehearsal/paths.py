"""Results that have a value at every path that something later reads."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from schemas.base import JsonObject, JsonValue
from schemas.dataflow import pick

LARGEST_PLACE = 49  # in a list; what is said to lie beyond stands under its number


def hold(result: JsonObject, paths: Iterable[str], value: Callable[[str], JsonValue]) -> JsonValue:
    """Return the result with a value at each dotted path that has none yet.

    `value` gives one by the last word of a path. What is in a path's way is replaced.
    """
    found: JsonValue = result
    for path in sorted(paths):
        try:
            pick(found, path)
        except KeyError:
            found = _placed(found, path.split("."), _name(path), value)
    return found


def _name(path: str) -> str:
    words = [part for part in path.split(".") if not part.isdecimal()]
    return words[-1] if words else "value"


def _placed(
    found: Any,  # noqa: ANN401  whatever JSON there is
    parts: Sequence[str],
    name: str,
    value: Callable[[str], JsonValue],
) -> JsonValue:
    if not parts:
        return value(name)
    part, *rest = parts
    if part.isdecimal() and int(part) <= LARGEST_PLACE and not (isinstance(found, dict) and found):
        entries = list(found) if isinstance(found, list) else []
        while len(entries) <= int(part):
            entries.append(_placed(None, rest, name, value))
        entries[int(part)] = _kept(entries[int(part)], rest, name, value)
        return entries
    fields: JsonObject = dict(found) if isinstance(found, dict) else {}
    fields[part] = _kept(fields.get(part), rest, name, value)
    return fields


def _kept(
    found: JsonValue, rest: Sequence[str], name: str, value: Callable[[str], JsonValue]
) -> JsonValue:
    """Return what lies at a place, with what has to be under it."""
    if not rest and found is not None:
        return found
    return _placed(found, rest, name, value)
