"""The tools of a foreign row: legal names, strict schemas, and what was changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import orjson

from schemas.base import JsonObject
from schemas.ids import canonical_json
from schemas.own_tools.fitting import ForeignTool, RejectedToolError, name_tool
from schemas.own_tools.normalising import Normalised, UnusableSchemaError, normalise_parameters
from tasks.formats.importing.drafts import UnsoundRowError, check_size
from tasks.formats.importing.plain_json import NotPlainError, read_json


@dataclass(slots=True)
class ForeignTools:
    """Tools as OpenAI functions, and names by the names as given, with a line for each change."""

    functions: list[JsonObject] = field(default_factory=list)
    schemas: dict[str, JsonObject] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)


def normalise_tools(raw: Iterable[object]) -> ForeignTools:
    """Return tools with legal names and strict schemas, in their order.

    A tool that is given twice, word for word, is given once. Raises: UnsoundRowError.
    """
    found = ForeignTools()
    seen: dict[str, bytes] = {}
    for entry in raw:
        tool = ForeignTool.read(entry)
        content = canonical_json([tool.description, tool.parameters])
        if seen.get(tool.given_name) == content:
            found.changed.append(f"tool {tool.given_name[:80]} was given twice")
        elif tool.given_name in seen:
            msg = f"two different tools are called {tool.given_name[:80]!r}"
            raise UnsoundRowError("unusable_tool", msg)
        else:
            seen[tool.given_name] = content
            _add(tool, found)
    return found


def _add(tool: ForeignTool, found: ForeignTools) -> None:
    try:
        name, notes = name_tool(tool.given_name, found.schemas)
        normalised = _normalise(canonical_json(tool.parameters))
    except (RejectedToolError, UnusableSchemaError) as exc:
        msg = f"tool {tool.given_name[:80]!r}: {exc}"
        raise UnsoundRowError("unusable_tool", msg) from exc
    found.schemas[name] = normalised.schema
    found.names[tool.given_name] = name
    found.changed += [*notes, *(f"{name}: {note}" for note in normalised.notes)]
    function: JsonObject = {"name": name, "description": tool.description}
    found.functions.append(
        {"type": "function", "function": {**function, "parameters": normalised.schema}}
    )


@lru_cache(maxsize=4096)  # datasets offer the same tools in many rows; a compiled schema takes ms
def _normalise(parameters: bytes) -> Normalised:
    """Return a schema in its strict form. It is shared: nobody may change it."""
    return normalise_parameters(orjson.loads(parameters))


def listed_tools(given: object) -> list[object]:
    """Return a list of tools that is given as itself, as JSON text, or as none.

    Raises: UnsoundRowError.
    """
    try:
        value = read_json(given) if isinstance(given, str) and given.strip() else given
    except NotPlainError as exc:
        raise UnsoundRowError("unread_tool_list", f"its tools are not JSON: {exc}") from exc
    if not value:
        return []
    if not isinstance(value, list):
        raise UnsoundRowError("unread_tool_list", "its tools are no list")
    check_size(value, "tools")
    return value


def declared_names(tools: Iterable[object]) -> Mapping[str, None]:
    """Return the names that tools are given under, each once, in their order."""
    return dict.fromkeys(name for tool in tools if (name := ForeignTool.read(tool).given_name))
