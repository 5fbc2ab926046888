"""Parameter schemas of other people's tools, brought into the one form that calls are checked by.

Spellings that are no JSON Schema (`dict`, `float`), references and missing strictness are mended
and said; what can't be mended is refused with the reason.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from schemas.base import JsonObject

DEEPEST = 24  # levels of nesting
MOST_PARTS = 5_000  # schemas within one, references followed
LONGEST_NAME = 64
SPELLINGS = {
    "dict": "object", "map": "object", "float": "number", "double": "number", "decimal": "number",
    "int": "integer", "long": "integer", "str": "string", "text": "string", "bool": "boolean",
    "list": "array", "tuple": "array", "set": "array",
}  # fmt: skip
TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
KEPT = (
    "type", "description", "enum", "const", "default", "examples", "properties", "required",
    "additionalProperties", "items", "minItems", "maxItems", "uniqueItems", "minLength",
    "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "anyOf", "oneOf", "allOf",
)  # fmt: skip
SILENT = ("title", "$defs", "definitions", "$schema", "$id")  # dropped without a word

Schema = dict[str, Any]


class UnusableSchemaError(ValueError):
    """A schema that no call could be checked by; the message says why."""


@dataclass(slots=True)
class Normalised:
    """A parameter schema in JSON Schema's own words, and what was changed, a line each."""

    schema: JsonObject
    notes: list[str] = field(default_factory=list)


def legal_name(name: str) -> str:
    """Return a tool's name with everything but letters, digits, `_` and `-` replaced, cut to 64."""
    return re.sub(r"[^a-zA-Z0-9_-]+", "_", name.strip()).strip("_")[:LONGEST_NAME]


def normalise_parameters(raw: object) -> Normalised:
    """Return the parameters of a tool as a strict object schema.

    Extra keys are forbidden wherever properties are declared, unless the schema allows them
    itself. Raises: UnusableSchemaError.
    """
    if raw is None or raw == {}:
        raw = {"type": "object", "properties": {}}
    if not isinstance(raw, dict):
        msg = "the parameters are no schema"
        raise UnusableSchemaError(msg)
    work = _Work(raw)
    schema = work.normalise(raw, "", 0)
    schema.setdefault("type", "object")
    schema.setdefault("properties", {})
    if schema["type"] != "object":
        msg = f"the parameters are {schema['type']}, not an object"
        raise UnusableSchemaError(msg)
    schema["additionalProperties"] = False
    schema.setdefault("required", [])
    _check(schema)
    notes = [*work.notes, *_drop_false_defaults(schema, "")]
    _compile(schema)
    return Normalised(schema, notes)


class _Work:
    """One schema being brought into form."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self.notes: list[str] = []
        self._parts = 0

    def normalise(self, raw: object, at: str, depth: int) -> Schema:
        self._parts += 1
        if raw is True:
            return {}
        if not isinstance(raw, dict):
            msg = f"{at or 'the schema'} is {type(raw).__name__}, not a schema"
            raise UnusableSchemaError(msg)
        if depth > DEEPEST:
            msg = f"{at[:80]} is nested more than {DEEPEST} levels deep, or refers to itself"
            raise UnusableSchemaError(msg)
        if self._parts > MOST_PARTS:
            msg = f"it has more than {MOST_PARTS:,} parts"
            raise UnusableSchemaError(msg)
        schema = self._typed(self._resolved(raw, at), at)
        found = {key: value for key, value in schema.items() if key in KEPT}
        self._say_dropped(schema, at)
        for key, mend in self._MENDERS.items():
            if key in found:
                found[key] = mend(self, found[key], at, depth)
        return self._tidied(found, at)

    def _resolved(self, raw: Schema, at: str) -> Schema:
        """Return the schema with references into the whole replaced by what they refer to."""
        followed = 0
        while "$ref" in raw:
            followed += 1
            if followed > DEEPEST:
                msg = f"{at} refers to itself"
                raise UnusableSchemaError(msg)
            rest = {key: value for key, value in raw.items() if key != "$ref"}
            raw = self._referred(str(raw["$ref"]), at) | rest
        return raw

    def _referred(self, reference: str, at: str) -> Schema:
        found: Any = self.root
        for part in reference.removeprefix("#").strip("/").split("/"):
            found = found.get(part) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            msg = f"{at or 'the schema'} refers to {reference[:80]}, which is not there"
            raise UnusableSchemaError(msg)
        return found

    def _typed(self, schema: Schema, at: str) -> Schema:
        kind = schema.get("type")
        if isinstance(kind, dict):  # a whole schema where its type belongs
            self._say(at, "a schema given as type was taken for it")
            return self._typed({**schema, "type": None, **kind}, at)
        if isinstance(kind, list):
            return {**schema, "type": [self._spelled(name, at) for name in kind]}
        if kind is None or str(kind).lower() in ("any", ""):
            return {key: value for key, value in schema.items() if key != "type"}
        return {**schema, "type": self._spelled(kind, at)}

    def _spelled(self, kind: object, at: str) -> str:
        name = str(kind).strip()
        spelled = SPELLINGS.get(name.lower(), name.lower())
        if spelled not in TYPES:
            msg = f"{at or 'the schema'} has the unknown type {name[:40]!r}"
            raise UnusableSchemaError(msg)
        if spelled != name:
            self._say(at, f"type {name} became {spelled}")
        return spelled

    def _properties(self, value: object, at: str, depth: int) -> Schema:
        if not isinstance(value, dict):
            msg = f"{at or 'the schema'} has properties that are no mapping"
            raise UnusableSchemaError(msg)
        return {
            str(name): self.normalise(inner, f"{at}.{name}".lstrip("."), depth + 1)
            for name, inner in value.items()
        }

    def _inner(self, value: object, at: str, depth: int) -> Schema:
        return self.normalise(value, f"{at}[]", depth + 1)

    def _branches(self, value: object, at: str, depth: int) -> list[Schema]:
        if not isinstance(value, list) or not value:
            msg = f"{at or 'the schema'} has a union without branches"
            raise UnusableSchemaError(msg)
        return [self.normalise(branch, at, depth + 1) for branch in value]

    def _extra(self, value: object, at: str, depth: int) -> bool | Schema:
        return value if isinstance(value, bool) else self.normalise(value, f"{at}.*", depth + 1)

    _MENDERS: Mapping[str, Callable[["_Work", object, str, int], object]] = {
        "properties": _properties,
        "items": _inner,
        "anyOf": _branches,
        "oneOf": _branches,
        "allOf": _branches,
        "additionalProperties": _extra,
    }

    def _tidied(self, schema: Schema, at: str) -> Schema:
        """Return the schema strict, and free of what contradicts itself."""
        if "properties" in schema:
            schema.setdefault("type", "object")
            schema.setdefault("additionalProperties", False)
        if "required" in schema:
            schema["required"] = self._required(schema, at)
        return schema

    def _required(self, schema: Schema, at: str) -> list[str]:
        named, known = schema["required"], schema.get("properties", {})
        if not isinstance(named, list):
            self._say(at, "`required` is no list and was dropped")
            return []
        fine = [name for name in named if isinstance(name, str) and name in known]
        for name in named:
            if name not in fine:
                self._say(at, f"required {str(name)[:40]!r} is no parameter and was dropped")
        return list(dict.fromkeys(fine))

    def _say_dropped(self, schema: Schema, at: str) -> None:
        for key in schema:
            if key not in KEPT and key not in SILENT and key != "$ref":
                self._say(at, f"{key[:40]} was dropped")

    def _say(self, at: str, what: str) -> None:
        self.notes.append(f"{at}: {what}" if at else what)


def _drop_false_defaults(schema: Schema, at: str) -> Iterator[str]:
    """Remove defaults that their own schema forbids, and say so."""
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships none

    if "default" in schema and not Draft202012Validator(schema).is_valid(schema["default"]):
        del schema["default"]
        yield f"{at}: a default that its own schema forbids was dropped".removeprefix(": ")
    for name, inner in schema.get("properties", {}).items():
        yield from _drop_false_defaults(inner, f"{at}.{name}".lstrip("."))


def _check(schema: Schema) -> None:
    """Raise UnusableSchemaError unless the schema is one."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]  # ships none

    try:
        if not _is_schema(schema):
            Draft202012Validator.check_schema(schema)  # says what is wrong, fifty times slower
    except SchemaError as exc:
        where = ".".join(str(part) for part in exc.absolute_path)
        msg = f"{where or 'the schema'} is no JSON Schema: {exc.message[:160]}"
        raise UnusableSchemaError(msg) from exc
    if "$ref" in _keys(schema):  # a validator would fetch it
        msg = "a value in it holds a reference"
        raise UnusableSchemaError(msg)


def _is_schema(schema: Schema) -> bool:
    """Whether a schema is one by draft 7, which has the same rules for all keys that are kept."""
    import fastjsonschema

    try:
        _draft_7()(schema)
    except fastjsonschema.JsonSchemaValueException:
        return False
    return True


@cache
def _draft_7() -> Callable[[Schema], object]:
    import fastjsonschema
    from jsonschema import Draft7Validator

    compiled: Callable[[Schema], object] = fastjsonschema.compile(
        dict(Draft7Validator.META_SCHEMA), use_default=False
    )
    return compiled


def _compile(schema: Schema) -> None:
    """Raise UnusableSchemaError unless calls can be checked by the schema."""
    import fastjsonschema

    try:
        fastjsonschema.compile(schema)
    except (fastjsonschema.JsonSchemaDefinitionException, re.error) as exc:
        msg = f"the schema can't be used: {str(exc)[:160]}"
        raise UnusableSchemaError(msg) from exc


def _keys(value: Schema | list[Any]) -> Iterator[str]:
    """Yield the keys of all objects in a value."""
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from _keys(inner)
