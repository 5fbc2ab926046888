"""Reads a file of a user's own tools: OpenAI functions, an MCP `tools/list` result, or our YAML."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from schemas.actions import Argument, Capability, Kind
from schemas.base import Declared, JsonObject
from schemas.catalogue import load_catalogue
from schemas.errors import BadInputError
from schemas.own_tools.fitting import ForeignTool, RejectedToolError, fit_tool
from schemas.own_tools.kinds import GENERAL
from schemas.own_tools.model import OwnTools

LARGEST = 5_000_000  # bytes
MOST_TOOLS = 500
Entry = dict[str, Any]


class ToolNote(Declared):
    """What our YAML says of a tool: all of it, or only what a foreign schema leaves open."""

    name: str
    capability: str | None = None
    provider: str | None = None
    description: str | None = None
    parameters: JsonObject | None = None
    arguments: dict[str, Argument] | None = None
    results: dict[str, str] | None = None
    call: str = ""
    reads: bool | None = None


class OwnCapability(Capability):
    """A capability declared beside the tools, and the functions that draw and check it."""

    draw: str = ""
    effect: str = ""


class ToolsFile(Declared):
    """The YAML form."""

    source: str | None = Field(default=None, alias="from", description="File of foreign schemas")
    builtin: bool = Field(default=False, description="Whether the built-in tools stay")
    group: str = Field(default="Own", pattern=r"^[A-Za-z]+$")
    code: str | None = Field(default=None, description="A Python file beside this one")
    seed: str = ""
    kinds: dict[str, dict[str, Any]] = Field(default_factory=dict)
    capabilities: tuple[OwnCapability, ...] = ()
    tools: tuple[ToolNote, ...] = ()


def read_own_tools(path: Path) -> OwnTools:
    """Return the tools of a file; those that can't be used are in `rejected`, with the reason.

    Raises:
        BadInputError: the file can't be read, or leaves no tool.
    """
    content = _parse(path)
    listed = _listed(content)
    if listed is not None:
        return _assemble(path, ToolsFile(), listed)
    if isinstance(content, list):  # the built-in catalogue's own form
        content = {"tools": content}
    try:
        file = ToolsFile.model_validate(content)
    except ValidationError as exc:
        lines = [f"{_place(error['loc'])}: {error['msg']}" for error in exc.errors()]
        raise BadInputError(f"{path}: {'; '.join(lines)}") from exc
    foreign: Sequence[Entry] = ()
    if file.source is not None:
        source = _beside(path, file.source)
        found = _listed(_parse(source))
        if found is None:
            raise BadInputError(f"{source} holds no list of tools")
        foreign = found
    return _assemble(path, file, foreign)


def _assemble(path: Path, file: ToolsFile, foreign: Sequence[Entry]) -> OwnTools:
    """Return what the file and the foreign schemas it names come to."""
    notes = {note.name: note for note in file.tools}
    given = [ForeignTool.read(entry) for entry in foreign]
    named = {tool.given_name for tool in given}
    lost = [name for name, note in notes.items() if name not in named and note.parameters is None]
    if lost:
        raise BadInputError(
            f"{path}: tools: {', '.join(lost)} have no parameters here or in `from`"
        )
    given += [
        ForeignTool.read(_as_function(note)) for name, note in notes.items() if name not in named
    ]
    if len(given) > MOST_TOOLS:
        raise BadInputError(f"{path} has {len(given)} tools; {MOST_TOOLS} are the most")
    return _fit_all(path, file, given, notes)


def _fit_all(
    path: Path, file: ToolsFile, given: Sequence[ForeignTool], notes: Mapping[str, ToolNote]
) -> OwnTools:
    declared = {each.id: Capability(**_base(each)) for each in file.capabilities}
    values: dict[str, Any] = {"tools": [], "changed": {}, "rejected": {}}
    taken: set[str] = set()
    for tool in given:
        try:
            fitted = fit_tool(tool, notes.get(tool.given_name), file.group, declared, taken)
        except RejectedToolError as exc:
            values["rejected"][tool.given_name] = str(exc)
            continue
        taken.add(fitted.tool.name)
        declared.setdefault(fitted.capability.id, fitted.capability)
        values["tools"].append(fitted.tool)
        if fitted.notes:
            values["changed"][fitted.tool.name] = tuple(fitted.notes)
    if not values["tools"]:
        why = "; ".join(f"{name}: {reason}" for name, reason in values["rejected"].items())
        raise BadInputError(f"{path} leaves no tool to use{': ' + why if why else ''}")
    return _own(path, file, declared, values)


def _own(
    path: Path, file: ToolsFile, declared: Mapping[str, Capability], values: Mapping[str, Any]
) -> OwnTools:
    kinds = {kind.name: kind for kind in GENERAL}
    kinds |= {name: Kind(name=name, **fields) for name, fields in file.kinds.items()}
    used = {tool.capability for tool in values["tools"]}
    builtin = load_catalogue().capabilities.keys()
    code = _read_code(_beside(path, file.code)) if file.code else ""
    try:
        return OwnTools(
            kinds=tuple(kinds.values()),
            capabilities=tuple(c for c in declared.values() if c.id in used - builtin),
            code=code,
            seed=file.seed,
            draws={each.id: each.draw for each in file.capabilities if each.draw},
            effects={each.id: each.effect for each in file.capabilities if each.effect},
            beside_builtin=file.builtin,
            **values,
        )
    except ValidationError as exc:
        lines = [error["msg"].removeprefix("Value error, ") for error in exc.errors()]
        raise BadInputError(f"{path}: {'; '.join(lines)}") from exc


def _base(declared: OwnCapability) -> Entry:
    return declared.model_dump(exclude={"draw", "effect"})


def _as_function(note: ToolNote) -> Entry:
    return {"name": note.name, "description": note.description, "parameters": note.parameters}


def _listed(content: object) -> Sequence[Entry] | None:
    """Return the tool entries of a foreign form; None for what is our own YAML."""
    found = content
    if isinstance(found, dict) and isinstance(found.get("result"), dict):
        found = found["result"]  # the envelope of JSON-RPC
    if isinstance(found, dict) and not found.keys() & _OURS:
        found = found.get("tools")
    return found if isinstance(found, list) and not _says_capability(found) else None


def _says_capability(entries: Sequence[object]) -> bool:
    return any(isinstance(entry, dict) and "capability" in entry for entry in entries)


_OURS = {"from", "builtin", "group", "code", "seed", "kinds", "capabilities"}


def _parse(path: Path) -> object:
    text = _read_text(path)
    try:
        if path.suffix == ".json":
            return json.loads(text)
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, json.JSONDecodeError, RecursionError) as exc:
        what = "JSON" if path.suffix == ".json" else "YAML"
        raise BadInputError(f"{path} is not {what}: {' '.join(str(exc).split())[:200]}") from exc


def _read_code(path: Path) -> str:
    text = _read_text(path)
    try:
        compile(text, path.name, "exec")
    except (SyntaxError, ValueError) as exc:
        raise BadInputError(f"{path} is not Python: {exc}") from exc
    return text


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise BadInputError(f"{path} is larger than {LARGEST // 1_000_000} MB")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        why = getattr(exc, "strerror", None) or "it is not UTF-8"
        raise BadInputError(f"{path} can't be read: {why}") from exc


def _beside(path: Path, name: str) -> Path:
    return path.parent / name


def _place(location: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in location) or "the file"
