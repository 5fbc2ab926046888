"""Other people's trajectories: conversations in OpenAI's messages, with the tools they used.

A file holds one JSON object a line, with `messages` and `tools`. Its tools are normalised, and its
calls are held to the same contract as calls in a world.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from schemas.base import JsonObject
from schemas.errors import BadInputError
from schemas.messages import Message, ToolCall
from schemas.own_tools.fitting import ForeignTool, RejectedToolError, name_tool
from schemas.own_tools.normalising import UnusableSchemaError, normalise_parameters
from tasks.world.contract import Contract, Refused

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ForeignTools:
    """The tools of a trajectory: schemas by legal name, names as given, and what was changed.

    `rejected` says why a tool can't be used.
    """

    schemas: Mapping[str, JsonObject]
    names: Mapping[str, str]
    changed: Mapping[str, Sequence[str]]
    rejected: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ForeignTrajectory:
    """A conversation, its tools, and what speaks against it: a line for each unsound call."""

    id: str
    messages: tuple[Message, ...]
    tools: ForeignTools
    problems: tuple[str, ...]

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """All calls, in order."""
        return tuple(call for turn in self.messages for call in turn.tool_calls)


class UnusableRowError(ValueError):
    """A row that is no trajectory; the message says why."""


def read_trajectories(path: Path) -> Iterator[ForeignTrajectory]:
    """Yield the trajectories of a file, in order.

    Raises:
        BadInputError: the file can't be read, or a line is no trajectory; it names the line.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _read_line(path, number, line)
    except (OSError, UnicodeDecodeError) as exc:
        why = getattr(exc, "strerror", None) or "it is not UTF-8"
        raise BadInputError(f"{path} can't be read: {why}") from exc


def _read_line(path: Path, number: int, line: str) -> ForeignTrajectory:
    try:
        return read_trajectory(json.loads(line), f"line {number}")
    except (json.JSONDecodeError, RecursionError) as exc:
        raise BadInputError(f"{path}, line {number} is not JSON: {exc}") from exc
    except UnusableRowError as exc:
        raise BadInputError(f"{path}, line {number}: {exc}") from exc


def read_trajectory(row: object, name: str) -> ForeignTrajectory:
    """Return a row as a trajectory; without an id of its own it gets `name`.

    Raises: UnusableRowError.
    """
    if not isinstance(row, dict) or not isinstance(row.get("messages"), list):
        msg = "it has no list of messages"
        raise UnusableRowError(msg)
    tools = normalise_tools(row.get("tools") or [])
    messages = tuple(_message(turn, tools.names) for turn in row["messages"])
    problems = check_calls(messages, Contract(tools.schemas))
    return ForeignTrajectory(str(row.get("id", name)), messages, tools, tuple(problems))


def normalise_tools(raw: object) -> ForeignTools:
    """Return tools with legal names and strict schemas. Raises: UnusableRowError."""
    if not isinstance(raw, list):
        msg = "its tools are no list"
        raise UnusableRowError(msg)
    schemas: dict[str, JsonObject] = {}
    names: dict[str, str] = {}
    changed: dict[str, list[str]] = {}
    rejected: dict[str, str] = {}
    for given in map(ForeignTool.read, raw):
        try:
            name, notes = name_tool(given.given_name, schemas)
            normalised = normalise_parameters(given.parameters)
        except (RejectedToolError, UnusableSchemaError) as exc:
            rejected[given.given_name] = str(exc)
            continue
        schemas[name], names[given.given_name] = normalised.schema, name
        changed[name] = [*notes, *normalised.notes]
    return ForeignTools(schemas, names, {n: c for n, c in changed.items() if c}, rejected)


def _message(raw: object, names: Mapping[str, str]) -> Message:
    if not isinstance(raw, dict):
        msg = "a message is no object"
        raise UnusableRowError(msg)
    kept = {key: raw[key] for key in ("role", "content", "tool_call_id", "name") if key in raw}
    calls = tuple(_call(call, names) for call in raw.get("tool_calls") or ())
    try:
        return Message.model_validate({**kept, "tool_calls": calls})
    except ValidationError as exc:
        place = ".".join(map(str, exc.errors()[0]["loc"]))
        msg = f"a message can't be read: {place}: {exc.errors()[0]['msg']}"
        raise UnusableRowError(msg) from exc


def _call(raw: object, names: Mapping[str, str]) -> ToolCall:
    function = raw.get("function") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(function, dict):
        msg = "a tool call has no function"
        raise UnusableRowError(msg)
    given = function.get("arguments", {})
    try:
        arguments = json.loads(given) if isinstance(given, str) else given
    except json.JSONDecodeError as exc:
        msg = f"the arguments of {function.get('name')} are not JSON: {exc}"
        raise UnusableRowError(msg) from exc
    if not isinstance(arguments, dict):
        msg = f"the arguments of {function.get('name')} are no object"
        raise UnusableRowError(msg)
    name = str(function.get("name"))
    return ToolCall(id=str(raw.get("id")), name=names.get(name, name), arguments=arguments)


def check_calls(messages: Sequence[Message], contract: Contract) -> Iterator[str]:
    """Yield what is wrong with the calls, a line each, by the contract of calls in a world."""
    for turn in messages:
        for call in turn.tool_calls:
            try:
                contract.validated(call.name, call.arguments)
            except Refused as refused:
                yield f"{call.name}: {refused.message}"
