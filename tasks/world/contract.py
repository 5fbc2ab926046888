"""The contract of a call: a known tool, arguments that its schema allows, one shape of error."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import fastjsonschema
import orjson

from schemas.base import JsonObject, JsonValue
from tasks.world.state import Record

HINT_NAMES = 3
LONGEST = 120  # characters of a caller's own words in a message
LARGEST_RESULT = 32_768  # bytes
MOST_CALLS = 200  # in one execution


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


class Contract:
    """What calls of some tools have to be like; each schema is compiled when it is first used.

    `tools` maps names to the schemas of their parameters.
    """

    def __init__(self, tools: Mapping[str, JsonObject]) -> None:
        self.tools = tools
        self._terms: dict[str, Terms] = {}

    def validated(self, name: str, arguments: JsonObject) -> Record:
        """Return a private copy of the arguments, with defaults filled in and integers as ints.

        Raises:
            Refused: unknown_tool or invalid_arguments.
        """
        if name not in self.tools:
            raise Refused("unknown_tool", f"there is no tool {name[:LONGEST]!r}", self._alike(name))
        return self.terms(name).apply(_copied(arguments))

    def terms(self, name: str) -> "Terms":
        """Return what a tool's calls have to be like. Raises: KeyError for an unknown tool."""
        found = self._terms.get(name)
        if found is None:
            found = self._terms[name] = Terms(name, self.tools[name])
        return found

    def _alike(self, name: str) -> str:
        first = name[:HINT_NAMES].lower()
        close = [tool for tool in self.tools if tool.lower().startswith(first)]
        return f"did you mean {', '.join(sorted(close)[:HINT_NAMES])}" if first and close else ""


class Terms:
    """One tool's schema, compiled."""

    def __init__(self, name: str, parameters: JsonObject) -> None:
        self.name, self.parameters = name, parameters

    @cached_property
    def _validate(self) -> Callable[[Record], object]:
        # drops nothing in silence: every schema forbids extra keys
        compiled: Callable[[Record], object] = fastjsonschema.compile(self.parameters)
        return compiled

    @cached_property
    def _integers(self) -> tuple[str, ...]:
        return tuple(k for k, schema in self._properties.items() if schema.get("type") == "integer")

    @cached_property
    def _properties(self) -> dict[str, Record]:
        properties: Any = self.parameters["properties"]
        return dict(properties)

    @cached_property
    def defaults(self) -> Record:
        """The values that parameters have when they are left out."""
        found = self._properties.items()
        return {key: schema["default"] for key, schema in found if "default" in schema}

    def apply(self, arguments: Record) -> Record:
        """Return the arguments, completed. Raises: Refused (`invalid_arguments`)."""
        try:
            self._validate(arguments)
        except fastjsonschema.JsonSchemaValueException as exc:
            raise Refused("invalid_arguments", _explain(exc), self._usage()) from exc
        for parameter in self._integers:
            if isinstance(arguments.get(parameter), float):
                arguments[parameter] = int(arguments[parameter])
        return arguments

    def _usage(self) -> str:
        required: Any = self.parameters.get("required", [])
        return f"{self.name} requires: {', '.join(required) or 'nothing'}"


def detached(result: JsonValue) -> JsonValue:
    """Return a result as it is observed: a copy that later calls can't change.

    Raises:
        Refused: result_too_large.
        TypeError: it is not JSON.
    """
    raw = orjson.dumps(result)
    if len(raw) > LARGEST_RESULT:
        message = f"the result has {len(raw):,} bytes, {LARGEST_RESULT:,} are the most"
        raise Refused("result_too_large", message, "ask for less, or page by page")
    copy: JsonValue = orjson.loads(raw)
    return copy


def _copied(arguments: JsonObject) -> Record:
    try:
        copy: Record = orjson.loads(orjson.dumps(arguments))
    except (orjson.JSONEncodeError, orjson.JSONDecodeError) as exc:
        raise Refused("invalid_arguments", "the arguments are not plain JSON values") from exc
    return copy


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
