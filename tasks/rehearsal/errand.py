"""A request as an errand: its steps with tools and values, and the first it has no tool for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from schemas.actions import Tool
from schemas.base import JsonObject
from schemas.dataflow import BrokenFlowError, Input, capabilities_of, stated_needs, wire
from tasks.rehearsal.clauses import Recovered, choose, readings
from tasks.rehearsal.lexicon import Lexicon
from tasks.rehearsal.wording import Words


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: with which tool, what the request states, what earlier steps give."""

    tool: Tool
    words: Words
    values: JsonObject
    inputs: Mapping[str, Input]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lacking:
    """A step that no tool is offered for, and how many steps the request has in all."""

    words: Words
    steps: int


@dataclass(frozen=True, slots=True)
class Errand:
    """The steps a request asks for, up to the first that no tool is offered for, and that one."""

    steps: tuple[Step, ...]
    lacking: Lacking | None


def read_errand(text: str, offered: tuple[str, ...], lexicon: Lexicon) -> tuple[Step, ...]:
    """Return the steps a request asks for, up to the first that no tool is offered for.

    Empty if none is found or one can't be fed.
    """
    return _read(text, offered, lexicon).steps


def find_lacking(text: str, offered: tuple[str, ...], lexicon: Lexicon) -> Lacking | None:
    """Return the first step a request asks for that no tool is offered for, if there is one."""
    return _read(text, offered, lexicon).lacking


@lru_cache(maxsize=1024)
def _read(text: str, offered: tuple[str, ...], lexicon: Lexicon) -> Errand:
    tools = _tools(offered, lexicon)
    found = _asked_for(text, tools, lexicon)
    first = next((n for n, step in enumerate(found) if step.capability not in tools), len(found))
    lacking = None
    if first < len(found):
        lacking = Lacking(lexicon.words(found[first].capability), len(found))
    return Errand(_fed(found[:first], tools, lexicon), lacking)


def _fed(
    steps: Sequence[Recovered], tools: Mapping[str, Tool], lexicon: Lexicon
) -> tuple[Step, ...]:
    """Return the steps with what feeds them; none if one can't be fed."""
    capabilities = capabilities_of(lexicon.catalogue, [step.capability for step in steps])
    simulated = [n for n, s in enumerate(steps) if tools[s.capability].name in lexicon.simulated]
    try:
        wired = wire(capabilities, simulated)
    except BrokenFlowError:
        return ()
    return tuple(
        Step(
            tool=tools[step.capability],
            words=lexicon.words(step.capability),
            values=step.values,
            inputs=inputs,
            missing=tuple(
                need.name for need in stated_needs(capability, inputs)
                if need.name not in step.values
            ),
        )
        for step, capability, inputs in zip(steps, capabilities, wired, strict=True)
    )  # fmt: skip


def _asked_for(text: str, tools: Mapping[str, Tool], lexicon: Lexicon) -> tuple[Recovered, ...]:
    """Return the steps a text asks for, in order.

    One that no tool is offered for counts only where nothing else can be read, or only a part.
    """
    found = readings(text, lexicon)
    steps = choose(reading for reading in found if reading.capability in tools)
    others = choose(reading for reading in found if reading.capability not in tools)
    beside = [other for other in others if _counts(other, steps)]
    if not beside:
        return steps
    kept = [step for step in steps if not any(_overlap(step, other) for other in beside)]
    return tuple(sorted((*kept, *beside), key=lambda step: step.span))


def _counts(other: Recovered, steps: Sequence[Recovered]) -> bool:
    """Return whether a reading meets no step but those that begin with it and end sooner."""
    return all(
        step.span[0] == other.span[0] and step.span[1] < other.span[1]
        for step in steps
        if _overlap(step, other)
    )


def _overlap(one: Recovered, other: Recovered) -> bool:
    return one.span[0] < other.span[1] and other.span[0] < one.span[1]


def _tools(offered: tuple[str, ...], lexicon: Lexicon) -> Mapping[str, Tool]:
    """Return the first of the offered tools for each capability."""
    known = lexicon.catalogue.tools
    tools: dict[str, Tool] = {}
    for name in offered:
        if name in known:
            tools.setdefault(known[name].capability, known[name])
    return tools
