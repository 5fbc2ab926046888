"""A foreign function schema becomes a tool of the catalogue: named, strict, with a capability."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from pydantic import ValidationError

from schemas.actions import Argument, Capability, Need, Tool
from schemas.base import JsonObject
from schemas.catalogue import load_catalogue
from schemas.own_tools.kinds import guess_kind, split_words
from schemas.own_tools.model import mismatches
from schemas.own_tools.normalising import UnusableSchemaError, legal_name, normalise_parameters

SHORTEST_DESCRIPTION, LONGEST_DESCRIPTION = 20, 1024
READING = (
    "get", "list", "search", "find", "read", "view", "show", "fetch", "check", "query", "look",
    "lookup", "describe", "count", "calculate", "compute", "estimate", "ls", "cat", "display",
)  # fmt: skip


class RejectedToolError(ValueError):
    """A tool that can't be made valid; the message says why."""


class Note(Protocol):
    """What somebody says of a foreign tool beyond its schema; None where nothing is said."""

    @property
    def capability(self) -> str | None:
        """Id of the capability it implements."""

    @property
    def provider(self) -> str | None:
        """Who offers it."""

    @property
    def arguments(self) -> dict[str, Argument] | None:
        """How its parameters are filled."""

    @property
    def results(self) -> dict[str, str] | None:
        """Where its yields lie."""

    @property
    def call(self) -> str:
        """The function that runs it."""

    @property
    def reads(self) -> bool | None:
        """Whether it changes nothing."""


@dataclass(frozen=True, slots=True)
class ForeignTool:
    """A function as a foreign file gives it, unchecked."""

    given_name: str
    description: str
    parameters: object
    reads: bool | None

    @classmethod
    def read(cls, entry: object) -> Self:
        """Return the function of an OpenAI `tools` entry, a bare function, or an MCP tool."""
        function = entry if isinstance(entry, dict) else {}
        if isinstance(function.get("function"), dict):
            function = function["function"]
        hints = function.get("annotations")
        reads = hints.get("readOnlyHint") if isinstance(hints, dict) else None
        return cls(
            given_name=str(function.get("name") or ""),
            description=" ".join(str(function.get("description") or "").split()),
            parameters=function.get("inputSchema", function.get("parameters")),
            reads=reads if isinstance(reads, bool) else None,
        )


@dataclass(frozen=True, slots=True)
class Fitted:
    """A tool with the capability it implements, and what was changed, a line each."""

    tool: Tool
    capability: Capability
    notes: list[str] = field(default_factory=list)


def name_tool(given: str, taken: Collection[str]) -> tuple[str, list[str]]:
    """Return a legal name that is not taken, and what was changed. Raises: RejectedToolError."""
    name = legal_name(given)
    if not name:
        raise RejectedToolError("it has no name" if not given else "its name has no letter")
    number, unique = 1, name
    while unique in taken:
        number += 1
        unique = f"{name[:60]}_{number}"
    return unique, [f"name {given[:80]!r} became {unique}"] if unique != given else []


def fit_tool(
    given: ForeignTool,
    note: Note | None,
    group: str,
    declared: Mapping[str, Capability],
    taken: Collection[str],
) -> Fitted:
    """Return a foreign tool as one of the catalogue's.

    A tool that names no capability gets one of its own, which needs what its required parameters
    take and yields nothing. Raises: RejectedToolError.
    """
    name, notes = name_tool(given.given_name, taken)
    try:
        normalised = normalise_parameters(given.parameters)
    except UnusableSchemaError as exc:
        raise RejectedToolError(str(exc)) from exc
    parameters, found = normalised.schema, normalised.notes
    if note is not None and note.capability:
        capability = _known(note.capability, declared)
        arguments = _match_arguments(parameters, capability)
    else:
        capability, arguments = _own_capability(
            name, given.description, group, parameters, declared
        )
    said: dict[str, Any] = {
        "name": name,
        "capability": capability.id,
        "provider": (note and note.provider) or group,
        "description": _describe(given.description, name),
        "parameters": parameters,
        "arguments": note.arguments if note and note.arguments is not None else arguments,
        "results": (note and note.results) or {},
        "call": note.call if note else "",
        "reads": _only_reads(given, note),
    }
    return Fitted(_checked(said, capability), capability, [*notes, *found])


def _checked(said: dict[str, Any], capability: Capability) -> Tool:
    try:
        tool = Tool.model_validate(said)
    except ValidationError as exc:
        raise RejectedToolError(exc.errors()[0]["msg"]) from exc
    wrong = list(mismatches(tool, capability))
    if wrong:
        raise RejectedToolError("; ".join(wrong))
    return tool


def _known(name: str, declared: Mapping[str, Capability]) -> Capability:
    found = declared.get(name) or load_catalogue().capabilities.get(name)
    if found is None:
        msg = f"{name} is no capability, built-in or declared beside the tools"
        raise RejectedToolError(msg)
    return found


def _match_arguments(parameters: JsonObject, capability: Capability) -> dict[str, Argument]:
    """Return which need fills which parameter where names or kinds leave no doubt."""
    schemas = _properties(parameters)
    kinds = {name: guess_kind(name, schema) for name, schema in schemas.items()}
    found: dict[str, Argument] = {}
    for need in capability.needs:
        same = [name for name in schemas if split_words(name) == split_words(need.name)]
        alike = same or [n for n, kind in kinds.items() if kind == need.kind and n not in found]
        if len(alike) == 1:
            found[alike[0]] = _argument(need.name, schemas[alike[0]])
    return found


def _own_capability(
    name: str,
    description: str,
    group: str,
    parameters: JsonObject,
    declared: Mapping[str, Capability],
) -> tuple[Capability, dict[str, Argument]]:
    needs: list[Need] = []
    arguments: dict[str, Argument] = {}
    required = parameters["required"]
    assert isinstance(required, list)
    for parameter in map(str, required):
        schema = _properties(parameters)[parameter]
        kind = guess_kind(parameter, schema)
        if kind is None:
            msg = f"a request can't state its required parameter {parameter}: fill it by hand"
            raise RejectedToolError(msg)
        needs.append(Need(name=_need_name(parameter, arguments), kind=kind))
        arguments[parameter] = _argument(needs[-1].name, schema)
    capability = Capability(
        id=_free_id(group, name, declared),
        description=_first_sentence(description) or " ".join(split_words(name)).capitalize(),
        needs=tuple(needs),
        yields=(),
    )
    return capability, arguments


def _need_name(parameter: str, taken: Mapping[str, Argument]) -> str:
    name = "_".join(split_words(parameter)) or "value"
    used = {need for argument in taken.values() for need in argument.needs}
    while name in used:
        name += "_2"
    return name


def _argument(need: str, schema: Mapping[str, Any]) -> Argument:
    listed = schema.get("type") == "array"
    return Argument.model_validate({"needs": [need], "as": "list" if listed else "plain"})


def _properties(parameters: JsonObject) -> dict[str, dict[str, Any]]:
    found: Any = parameters["properties"]
    return dict(found)


def _free_id(group: str, name: str, taken: Collection[str]) -> str:
    stem = re.sub(r"^[^a-z]+", "", "_".join(split_words(name))) or "tool"
    number, found = 1, f"{group}.{stem}"
    while found in taken or found in load_catalogue().capabilities:
        number += 1
        found = f"{group}.{stem}_{number}"
    return found


def _only_reads(given: ForeignTool, note: Note | None) -> bool:
    """Return whether a tool changes nothing: as said, as hinted, else by its first word."""
    if note is not None and note.reads is not None:
        return note.reads
    if given.reads is not None:
        return given.reads
    return split_words(given.given_name)[:1] in [[word] for word in READING]


def _describe(description: str, name: str) -> str:
    if len(description) < SHORTEST_DESCRIPTION:
        said = description.rstrip(".") or "A tool without a description"
        description = f"{said}; the tool is called {name}."
    return description[:LONGEST_DESCRIPTION]


def _first_sentence(text: str) -> str:
    first = re.split(r"(?<=[.!?])\s(?=[A-Z])", text, maxsplit=1)[0].rstrip(".!?")
    return first[:160]
