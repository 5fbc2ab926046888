"""A request as an errand: its steps with tools and values, and how far it has got."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import orjson

from schemas.actions import Tool
from schemas.base import JsonObject, JsonValue
from schemas.dataflow import (
    BrokenFlowError,
    Input,
    capabilities_of,
    stated_needs,
    wire,
    yielded,
)
from tasks.rehearsal.body import Turn
from tasks.rehearsal.clauses import recover
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
class Progress:
    """What the conversation shows: yields of the steps done, and failures since."""

    yields: tuple[JsonObject, ...]
    failures: tuple[str, ...]
    turns: int


@lru_cache(maxsize=1024)
def read_errand(text: str, offered: tuple[str, ...], lexicon: Lexicon) -> tuple[Step, ...]:
    """Return the steps a request asks for; empty if none is found or one can't be fed."""
    known = lexicon.catalogue.tools
    tools: dict[str, Tool] = {}
    for name in offered:
        if name in known:
            tools.setdefault(known[name].capability, known[name])
    steps = recover(text, sorted(tools), lexicon)
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


def read_progress(messages: Sequence[Turn], lexicon: Lexicon) -> Progress:
    """Return how far the calls in a conversation have got."""
    tools = lexicon.catalogue.tools
    names: dict[str, str] = {}
    yields: list[JsonObject] = []
    failures: list[str] = []
    turns = 0
    for turn in messages:
        for call in turn.tool_calls or ():
            names[call.id] = call.function.name
        if turn.role == "tool":
            turns += 1
            made = _observed(tools.get(names.get(turn.tool_call_id, "")), turn.text)
            if isinstance(made, str):
                failures.append(made)
            else:
                yields.append(made)
                failures.clear()
    return Progress(yields=tuple(yields), failures=tuple(failures), turns=turns)


def _observed(tool: Tool | None, content: str) -> JsonObject | str:
    """Return what a call yielded, or why it failed."""
    try:
        result: JsonValue = orjson.loads(content)
    except orjson.JSONDecodeError:
        return "the answer could not be read"
    if isinstance(result, dict) and result.get("error"):
        error = result["error"]
        return str(error.get("message", "")) if isinstance(error, dict) else str(error)
    try:
        return yielded(tool, result) if tool else {}
    except KeyError as missing:
        return f"the answer lacks {missing}"


def values_for(step: Step, progress: Progress) -> JsonObject:
    """Return all values of a step's needs, stated and made."""
    made = {
        need: progress.yields[source.step][source.yields]
        for need, source in step.inputs.items()
        if source.step < len(progress.yields)
    }
    return {**step.values, **made}
