"""Accepted rows spoilt in one way each: what a filter that is blind to it has to find out.

What is changed is always what makes a row wrong, so that one that passes is a miss:

- calls are changed only where they do a step and no other call could stand in for them;
- an altered value is one that the request states to the letter, and still fits its schema;
- a dropped argument is required or stated, and is no default;
- an invented value was neither said nor observed anywhere before;
- an altered fact of an answer was observed or said, and what it becomes was not; a figure alone
  becomes a larger one than what few calls let one count.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from schemas.actions import Catalogue, Tool
from schemas.base import JsonObject, JsonValue
from schemas.dataflow import fill_arguments
from schemas.ids import Dice
from schemas.messages import Message, ToolCall
from schemas.rows import CallResult, MutationKind, StepGoal
from tasks.alterations import facts_in, like, like_text, made_up, unlike
from tasks.judging.saying import says

Turns = tuple[Message, ...]
Fits = Callable[[str, JsonObject], bool]  # whether a tool takes arguments


@dataclass(frozen=True)
class Worked:
    """An accepted trajectory: its turns, what its calls came to, and what they were to do.

    `told` is all that was said before the first turn. `fits` is the world's contract.
    """

    turns: Turns
    made: tuple[CallResult, ...]
    steps: tuple[StepGoal, ...]
    told: tuple[str, ...]
    catalogue: Catalogue
    fits: Fits

    @cached_property
    def known(self) -> str:
        """All that was said or observed before the final answer, calls as well."""
        calls = [orjson.dumps(c.arguments).decode() for turn in self.turns for c in turn.tool_calls]
        return "\n".join((*self.told, *calls, *(turn.content or "" for turn in self.turns[:-1])))

    @cached_property
    def step_calls(self) -> "tuple[StepCall, ...]":
        """The calls that do a step, where no other call could stand in for them."""
        return tuple(_step_calls(self))


@dataclass(frozen=True, slots=True)
class StepCall:
    """A call that does a step: its place among the calls, its tool, what the request states.

    Of the `stated` parameters the `exact` ones are of no free text.
    """

    place: int
    done: CallResult
    tool: Tool
    stated: tuple[str, ...]
    exact: tuple[str, ...]

    @property
    def arguments(self) -> JsonObject:
        """The arguments as they are."""
        return self.done.call.arguments

    def schema(self, parameter: str) -> JsonObject:
        """Return the schema of a parameter."""
        found: JsonObject = _properties(self.tool)[parameter]
        return found


Mutator = Callable[[Worked, Dice], Turns | None]


def drop_argument(worked: Worked, dice: Dice) -> Turns | None:
    """Return the turns without a required or stated argument of one call."""
    found = [(call, name) for call in worked.step_calls for name in _needed(call)]
    if not found:
        return None
    call, dropped = dice.choice(found)
    left = {name: value for name, value in call.arguments.items() if name != dropped}
    return _with_arguments(worked, call, left)


def alter_argument(worked: Worked, dice: Dice) -> Turns | None:
    """Return the turns with one stated value altered a little."""
    return _first_changed(worked, dice, _exact(worked), like, lambda _: True)


def invent_argument(worked: Worked, dice: Dice) -> Turns | None:
    """Return the turns with a value that nobody gave: for a stated one, or one left out."""

    def is_new(value: JsonValue) -> bool:
        return not says(worked.known, value[0] if isinstance(value, list) and value else value)

    stated, left_out = _exact(worked), list(_left_out(worked))
    if left_out and (not stated or dice.random() < 1 / 2):
        changed = _first_changed(worked, dice, left_out, made_up, is_new)
        if changed is not None:
            return changed
    return _first_changed(worked, dice, stated, unlike, is_new)


def repeat_call(worked: Worked, dice: Dice) -> Turns | None:
    """Return the turns with a call that does a step made a second time, right after."""
    if not worked.step_calls:
        return None
    chosen = dice.choice(worked.step_calls)
    call = chosen.done.call.model_copy(update={"id": f"{chosen.done.call.id}_again"})
    turns: list[Message] = []
    for turn, places in _numbered(worked.turns):
        turns.append(turn)
        if chosen.place in places:
            turns.append(Message(role="assistant", tool_calls=(call,)))
    return tuple(turns)


def skip_call(worked: Worked, dice: Dice) -> Turns | None:
    """Return the turns without a call that does a step; a turn that has no other goes as well."""
    if not worked.step_calls:
        return None
    skipped = dice.choice(worked.step_calls).place
    turns: list[Message] = []
    for turn, places in _numbered(worked.turns):
        calls = tuple(c for c, n in zip(turn.tool_calls, places, strict=True) if n != skipped)
        if calls or not turn.tool_calls:
            turns.append(turn.model_copy(update={"tool_calls": calls}))
    return tuple(turns)


def contradict(worked: Worked, dice: Dice) -> Turns | None:
    """Return all turns, observations too, with one fact of the final answer altered."""
    *before, last = worked.turns
    text = last.content or ""
    facts = [fact for fact in facts_in(text) if says(worked.known, fact)]
    for fact in sorted(facts, key=lambda _: dice.random()):
        for other in _others(fact, dice):
            if not any(says(f"{worked.known}\n{text}", each) for each in _written(other)):
                answer = re.sub(rf"(?<![\w.]){re.escape(fact)}(?!\w|\.\d)", other, text)
                return (*before, last.model_copy(update={"content": answer}))
    return None


def _written(fact: str) -> tuple[JsonValue, ...]:
    """Return a fact as it is written, and the number it is, if it is one: 2.0 is said by 2."""
    try:
        return fact, float(fact)
    except ValueError:
        return (fact,)


def _others(fact: str, dice: Dice) -> Iterator[str]:
    """Yield what a fact is altered to: a figure alone to one that too few things were made for."""
    return (
        iter(sorted("6789", key=lambda _: dice.random()))
        if len(fact) == 1
        else like_text(fact, dice)
    )


MUTATORS: Mapping[MutationKind, Mutator] = {
    "argument_dropped": drop_argument,
    "argument_altered": alter_argument,
    "argument_invented": invent_argument,
    "call_repeated": repeat_call,
    "call_skipped": skip_call,
    "answer_contradicts": contradict,
}

Place = tuple[StepCall, str]
Values = Callable[[JsonValue, JsonObject, Dice], Iterator[JsonValue]]


def _step_calls(worked: Worked) -> Iterator[StepCall]:
    for place, done in enumerate(worked.made):
        tool = worked.catalogue.tools.get(done.call.name)
        if tool is None or not done.ok or _spare_calls(worked, tool.capability):
            continue
        stated = _stated(worked, tool, done.call)
        if stated is not None:
            exact = tuple(n for n in stated if not _is_free(worked.catalogue, tool, n))
            yield StepCall(place, done, tool, stated, exact)


def _spare_calls(worked: Worked, capability: str) -> bool:
    """Whether more calls do what a capability does than steps ask for."""
    tools = worked.catalogue.tools
    names = [done.call.name for done in worked.made if done.ok]
    calls = sum(name in tools and tools[name].capability == capability for name in names)
    return calls != sum(step.capability == capability for step in worked.steps)


def _stated(worked: Worked, tool: Tool, call: ToolCall) -> tuple[str, ...] | None:
    """Return the parameters that hold what the request states for a call's step, if it does one."""
    fitting = []
    for step in worked.steps:
        if step.capability != tool.capability:
            continue
        names = [
            n
            for n, arg in tool.arguments.items()
            if arg.needs and step.values.keys() >= {*arg.needs}
        ]
        asked = fill_arguments(tool, {**step.values})
        exact = [n for n in names if not _is_free(worked.catalogue, tool, n)]
        if all(call.arguments.get(name) == asked[name] for name in exact):
            fitting.append(tuple(name for name in names if name in call.arguments))
    return max(fitting, key=len, default=None)


def _is_free(catalogue: Catalogue, tool: Tool, parameter: str) -> bool:
    kinds = {need.name: need.kind for need in catalogue.capabilities[tool.capability].needs}
    needs = tool.arguments[parameter].needs
    return len(needs) > 1 or any(catalogue.kinds[kinds[need]].free_text for need in needs)


def _needed(call: StepCall) -> list[str]:
    required: Any = call.tool.parameters.get("required", [])
    return [
        name
        for name in dict.fromkeys((*required, *call.stated))
        if name in call.arguments and call.arguments[name] != call.schema(name).get("default")
    ]


def _exact(worked: Worked) -> list[Place]:
    return [(call, name) for call in worked.step_calls for name in call.exact]


def _left_out(worked: Worked) -> Iterator[Place]:
    """Yield the parameters that a call leaves open.

    Where it only reads, only those of free text: how much it reads is an agent's own choice.
    """
    for call in worked.step_calls:
        for name, schema in _properties(call.tool).items():
            open_to = ("string", "integer", "number") if call.done.changes else ("string",)
            chosen = name in call.arguments or {"default", "enum"} & schema.keys()
            if not chosen and schema.get("type") in open_to:
                yield call, name


def _properties(tool: Tool) -> dict[str, Any]:
    found: Any = tool.parameters.get("properties", {})
    return dict(found)


def _first_changed(
    worked: Worked,
    dice: Dice,
    places: Sequence[Place],
    values: Values,
    suits: Callable[[JsonValue], bool],
) -> Turns | None:
    """Return the turns with a value changed at the first of the places, drawn, where one fits."""
    for call, name in sorted(places, key=lambda _: dice.random()):
        old = call.arguments.get(name)
        for value in values(old, call.schema(name), dice):
            arguments = {**call.arguments, name: value}
            if value != old and suits(value) and worked.fits(call.tool.name, arguments):
                return _with_arguments(worked, call, arguments)
    return None


def _with_arguments(worked: Worked, changed: StepCall, arguments: JsonObject) -> Turns:
    turns = []
    for turn, places in _numbered(worked.turns):
        calls = tuple(
            call.model_copy(update={"arguments": arguments}) if n == changed.place else call
            for call, n in zip(turn.tool_calls, places, strict=True)
        )
        turns.append(turn.model_copy(update={"tool_calls": calls}))
    return tuple(turns)


def _numbered(turns: Turns) -> Iterator[tuple[Message, range]]:
    """Yield the agent's own turns, each with the places of its calls among all calls."""
    made = 0
    for turn in turns:
        if turn.role == "assistant":
            yield turn, range(made, made + len(turn.tool_calls))
            made += len(turn.tool_calls)
