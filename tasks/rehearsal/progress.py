"""How far the calls of a conversation have got with an errand, and what comes next."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import orjson

from schemas.actions import Tool
from schemas.base import JsonObject, JsonValue
from schemas.dataflow import yielded
from schemas.own_tools.fitting import READING
from schemas.own_tools.kinds import split_words
from tasks.rehearsal.body import Turn
from tasks.rehearsal.errand import Step
from tasks.rehearsal.lexicon import Lexicon

# Codes of errors that pass by themselves: the very same call may do better.
PASSING = frozenset({"temporarily_unavailable", "rate_limited", "timed_out"})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call came to nothing, and whether that was the environment's doing."""

    message: str
    passing: bool = False


@dataclass(slots=True)
class Progress:
    """What the conversation shows: yields of the steps done, and failures of those that aren't.

    `observed` counts the results of calls, `last` is the failure that came last if nothing has
    succeeded since.
    """

    made: dict[int, JsonObject] = field(default_factory=dict)
    failures: dict[int, list[Failure]] = field(default_factory=dict)
    observed: int = 0
    last: Failure | None = None

    def tries(self, step: int, *, passing: bool) -> int:
        """Return how often a step has failed, of itself or in passing."""
        return sum(failure.passing == passing for failure in self.failures.get(step, ()))


def read_progress(
    turns: Sequence[Turn], steps: Sequence[Step], lexicon: Lexicon, *, at_once: bool
) -> Progress:
    """Return how far the calls in a conversation have got.

    Those of one turn are for the steps that were due; results are known by the calls' ids.
    """
    progress, called = Progress(), dict[str, tuple[int, str]]()
    for turn in turns:
        if turn.tool_calls:
            due = next_steps(steps, progress.made, at_once=at_once)
            for call, step in zip(turn.tool_calls, due, strict=False):
                called[call.id] = (step, call.function.name)
        elif turn.role == "tool":
            progress.observed += 1
            step, name = called.pop(turn.tool_call_id, (len(steps), ""))
            _note(progress, step, _observed(name, turn.text, lexicon))
    return progress


def _note(progress: Progress, step: int, found: JsonObject | Failure) -> None:
    if isinstance(found, Failure):
        progress.failures.setdefault(step, []).append(found)
        progress.last = found
    else:
        progress.made[step] = found
        progress.last = None


def next_steps(steps: Sequence[Step], made: Collection[int], *, at_once: bool) -> tuple[int, ...]:
    """Return the first step to be done; `at_once` also those after it that could be done first."""
    first = next((number for number in range(len(steps)) if number not in made), None)
    if first is None:
        return ()
    due = [first]
    while at_once and (after := due[-1] + 1) < len(steps):
        if after in made or not _is_apart(steps, after, due):
            break
        due.append(after)
    return tuple(due)


def _is_apart(steps: Sequence[Step], number: int, before: Sequence[int]) -> bool:
    """Return whether a step neither takes anything from others nor could meet what they change."""
    step = steps[number]
    fed = any(source.step in before for source in step.inputs.values())
    return not fed and all(_never_meet(step.tool, steps[other].tool) for other in before)


def _never_meet(one: Tool, other: Tool) -> bool:
    return _group(one) != _group(other) or (_reads(one) and _reads(other))


def _group(tool: Tool) -> str:
    return tool.capability.partition(".")[0]


def _reads(tool: Tool) -> bool:
    """Return whether a tool changes nothing, by what is said of it or its capability's name."""
    words = split_words(tool.capability.partition(".")[2])
    return tool.reads or words[0] in READING or words[-1] == "search"


@lru_cache(maxsize=2048)
def _observed(name: str, content: str, lexicon: Lexicon) -> JsonObject | Failure:
    """Return what a call of a tool yielded, or why it failed."""
    tool = lexicon.catalogue.tools.get(name)
    try:
        result: JsonValue = orjson.loads(content)
    except orjson.JSONDecodeError:
        return Failure("the answer could not be read")
    if isinstance(result, dict) and result.get("error"):
        return _failure(result["error"])
    try:
        return yielded(tool, result) if tool else {}
    except KeyError as missing:
        return Failure(f"the answer lacks {missing}")


def _failure(error: JsonValue) -> Failure:
    if not isinstance(error, Mapping):
        return Failure(str(error))
    return Failure(str(error.get("message", "")), error.get("code") in PASSING)


def values_for(step: Step, progress: Progress) -> JsonObject:
    """Return all values of a step's needs, stated and made."""
    made = {
        need: progress.made[source.step][source.yields]
        for need, source in step.inputs.items()
        if source.step in progress.made
    }
    return {**step.values, **made}
