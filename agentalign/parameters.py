"""Parameters of two versions, side by side where they differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemas.base import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class Differing:
    """A parameter by its dotted name; one that a version doesn't know is None there."""

    name: str
    before: JsonValue
    after: JsonValue


def differing_params(before: JsonObject, after: JsonObject) -> tuple[Differing, ...]:
    """Return the parameters that differ, by name; lists are compared whole."""
    one, other = _flat(before), _flat(after)
    return tuple(
        Differing(name, one.get(name), other.get(name))
        for name in sorted({*one, *other})
        if one.get(name) != other.get(name)
    )


def _flat(values: JsonObject) -> Mapping[str, JsonValue]:
    return dict(_leaves(values, ""))


def _leaves(values: JsonObject, prefix: str) -> Iterator[tuple[str, JsonValue]]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
