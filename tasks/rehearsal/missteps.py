"""Faults in an agent's conduct: one kind at most in a conversation, from a drawn step on."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from schemas.actions import Tool
from schemas.base import JsonObject, JsonValue
from schemas.dataflow import fill_arguments
from schemas.params import DefectKind
from tasks.rehearsal.defects import Faults
from tasks.rehearsal.errand import Step

Slip = Literal["endless_loop", "unknown_tool", "bad_enum", "invented_parameter"]
SLIPS: tuple[Slip, ...] = ("endless_loop", "unknown_tool", "bad_enum", "invented_parameter")


@dataclass(frozen=True, slots=True)
class Misstep:
    """What goes wrong, and at which step."""

    kind: DefectKind
    step: int


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call about to be made."""

    tool: str
    arguments: JsonObject


def draw_misstep(key: str, steps: Sequence[Step], faults: Faults) -> Misstep | None:
    """Return the misstep of a conversation, if one is planted and there is a step for it."""
    for kind in SLIPS:
        if faults.planted(kind, key):
            fitting = [i for i, step in enumerate(steps) if kind != "bad_enum" or _enum(step.tool)]
            if fitting:
                return Misstep(kind, fitting[faults.rank("step", key) % len(fitting)])
    return None


def go_wrong(misstep: Misstep, step: Step, values: JsonObject, drawn: int) -> PlannedCall:
    """Return the call of a step as the misstep makes it."""
    arguments = fill_arguments(step.tool, values)
    match misstep.kind:
        case "unknown_tool":
            return PlannedCall(f"{step.tool.name}_plus", arguments)
        case "bad_enum":
            parameter = _enum(step.tool)
            return PlannedCall(step.tool.name, {**arguments, parameter: "unspecified"})
        case "invented_parameter":
            return PlannedCall(step.tool.name, _invented(step, values, drawn))
        case _:
            return PlannedCall(step.tool.name, arguments)


def _enum(tool: Tool) -> str:
    """Return a parameter that takes one of a few words; empty if there is none."""
    parameters = tool.parameters.get("properties")
    for name, schema in parameters.items() if isinstance(parameters, dict) else ():
        if isinstance(schema, dict) and "enum" in schema:
            return name
    return ""


def _invented(step: Step, values: Mapping[str, JsonValue], drawn: int) -> JsonObject:
    """Return the arguments with one stated value altered, or one that nobody gave."""
    names = sorted(step.values)
    if not names:
        return {**fill_arguments(step.tool, values), "note": "added for good measure"}
    name = names[drawn % len(names)]
    return fill_arguments(step.tool, {**values, name: _alter(values[name])})


def _alter(value: Any) -> JsonValue:  # noqa: ANN401  any JSON value there is
    if isinstance(value, int | float):
        return value + 1
    text = str(value)
    if text[-1:].isdigit():
        return text[:-1] + str((int(text[-1]) + 1) % 10)
    return re.sub(r"\w+", lambda word: "other" if word[0] != "other" else "another", text, count=1)
