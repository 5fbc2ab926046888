"""The contract of a call: a known tool, arguments that its schema allows, one shape of error."""

from collections.abc import Callable
from functools import cache
from typing import Any

import fastjsonschema
import orjson

from schemas.actions import Tool
from schemas.base import JsonObject
from schemas.catalogue import load_catalogue
from tasks.world.state import Record

HINT_NAMES = 3
LONGEST = 120  # characters of a caller's own words in a message


class Refused(Exception):
    """A call can't be done; the caller sees code, message and hint as the result."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def observation(self) -> JsonObject:
        """Return the result of the refused call."""
        error: JsonObject = {"code": self.code, "message": self.message}
        if self.hint:
            error["hint"] = self.hint
        return {"error": error}


def validated(name: str, arguments: JsonObject) -> Record:
    """Return a private copy of the arguments, with defaults filled in and integers as ints.

    Raises:
        Refused: unknown_tool or invalid_arguments.
    """
    tool = load_catalogue().tools.get(name)
    if tool is None:
        raise Refused("unknown_tool", f"there is no tool {name[:LONGEST]!r}", _alike(name))
    copy = _copied(arguments)
    try:
        _validator(name)(copy)
    except fastjsonschema.JsonSchemaValueException as exc:
        raise Refused("invalid_arguments", _explain(exc), _usage(tool)) from exc
    for parameter in _integers(name):
        if isinstance(copy.get(parameter), float):
            copy[parameter] = int(copy[parameter])
    return copy


def _copied(arguments: JsonObject) -> Record:
    try:
        copy: Record = orjson.loads(orjson.dumps(arguments))
    except (orjson.JSONEncodeError, orjson.JSONDecodeError) as exc:
        raise Refused("invalid_arguments", "the arguments are not plain JSON values") from exc
    return copy


def _alike(name: str) -> str:
    first = name[:HINT_NAMES].lower()
    close = [tool for tool in load_catalogue().tools if tool.lower().startswith(first)]
    return f"did you mean {', '.join(sorted(close)[:HINT_NAMES])}" if first and close else ""


@cache
def _validator(name: str) -> Callable[[Record], object]:
    # drops nothing in silence: every schema of the catalogue forbids extra keys
    compiled: Callable[[Record], object] = fastjsonschema.compile(
        load_catalogue().tools[name].parameters
    )
    return compiled


@cache
def _integers(name: str) -> tuple[str, ...]:
    properties = _properties(load_catalogue().tools[name])
    return tuple(key for key, schema in properties.items() if schema.get("type") == "integer")


@cache
def defaults(name: str) -> Record:
    """Return the values that a tool's parameters have when they are left out."""
    properties = _properties(load_catalogue().tools[name])
    return {key: schema["default"] for key, schema in properties.items() if "default" in schema}


def _properties(tool: Tool) -> dict[str, Record]:
    properties: Any = tool.parameters["properties"]
    return dict(properties)


def _explain(exc: fastjsonschema.JsonSchemaValueException) -> str:
    # the library's own text lists extra keys in the order of a set
    parameter = ".".join(str(part) for part in exc.path[1:])
    keys = exc.value.keys() if isinstance(exc.value, dict) else ()
    match exc.rule:
        case "additionalProperties":
            extra = sorted(set(keys) - set(exc.definition["properties"]))
            return f"unknown parameters: {', '.join(extra)[:LONGEST]}"
        case "required":
            missing = [name for name in exc.rule_definition if name not in keys]
            return f"missing parameters: {', '.join(missing)}"
        case "enum":
            allowed = ", ".join(str(value) for value in exc.rule_definition)
            return f"{parameter} must be one of: {allowed}"
        case "pattern":
            return f"{parameter} does not look like one (pattern {exc.rule_definition})"
        case _:
            return f"{parameter} breaks {exc.rule}: {exc.rule_definition}"


def _usage(tool: Tool) -> str:
    required: Any = tool.parameters.get("required", [])
    return f"{tool.name} requires: {', '.join(required)}"
