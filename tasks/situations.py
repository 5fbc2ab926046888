"""Which samples become more than one request and its answer, and what they lack; drawn by hash."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemas.actions import Catalogue
from schemas.base import JsonValue
from schemas.ids import rank, share
from schemas.rows import Binding, Instruction, Intent, Situation, StepGoal

IN_PLAIN_WORDS = frozenset({"plain", "missing_tool", "follow_up", "turned"})
OPENINGS: Mapping[str, Intent] = {"turned": "benign", "follow_up": "harmful"}
SHORTEST = 3  # characters; a shorter value could stand in a text by chance


@dataclass(frozen=True, slots=True)
class Sample:
    """One request to be written. `gap` is the step, or `step.need`, that lacks something."""

    intent: Intent
    number: int
    situation: Situation = "plain"
    gap: str = ""


def draw_samples(
    binding: Binding,
    counts: Mapping[Intent, int],
    shares: Mapping[Intent, Mapping[Situation, float]],
    seed: int,
    catalogue: Catalogue,
) -> list[Sample]:
    """Return a binding's requests, in order; one that doesn't suit its situation is plain.

    A draw depends on the binding's slot, the intent and the number alone.
    """
    return [
        _draw(binding, intent, number, shares[intent], seed, catalogue)
        for intent, count in counts.items()
        for number in range(count)
    ]


def _draw(
    binding: Binding,
    intent: Intent,
    number: int,
    shares: Mapping[Situation, float],
    seed: int,
    catalogue: Catalogue,
) -> Sample:
    place = (binding.slot, intent, number)
    drawn = share(seed, "situation", *place)
    for situation, part in shares.items():
        if drawn < part:
            found = [*_gaps(situation, binding, catalogue)]
            if not found:
                break
            gap = found[rank(seed, "gap", *place) % len(found)]
            return Sample(intent, number, situation, gap)
        drawn -= part
    return Sample(intent, number)


def _gaps(situation: Situation, binding: Binding, catalogue: Catalogue) -> Iterator[str]:
    """Yield what a request of this situation could lack; nothing if it doesn't suit the binding."""
    match situation:
        case "missing_tool":
            yield from _spare_tools(binding)
        case "missing_value":
            yield from _telling_values(binding.steps, catalogue)
        case "revealed":  # what is found at the first step has to come before the last
            yield from [""] if len(binding.steps) > 1 else []
        case _:
            yield ""


def _spare_tools(binding: Binding) -> Iterator[str]:
    """Yield the steps whose tool no other step needs, where another tool is left to offer."""
    uses = Counter(step.tool for step in binding.steps)
    for number, step in enumerate(binding.steps):
        if uses[step.tool] == 1 and len(binding.tool_order) > 1:
            yield str(number)


def _telling_values(steps: tuple[StepGoal, ...], catalogue: Catalogue) -> Iterator[str]:
    """Yield the stated values, as `step.need`, that nothing else in the request gives away."""
    for number, step in enumerate(steps):
        kinds = {need.name: need.kind for need in catalogue.capabilities[step.capability].needs}
        for need, value in step.values.items():
            free = catalogue.kinds[kinds[need]].free_text
            if not free and len(str(value)) >= SHORTEST and not _stated_elsewhere(value, steps):
                yield f"{number}.{need}"


def _stated_elsewhere(value: JsonValue, steps: tuple[StepGoal, ...]) -> bool:
    said = str(value).casefold()
    values = [str(other).casefold() for step in steps for other in step.values.values()]
    return sum(said in other for other in values) > 1


def is_planned(row: Instruction) -> bool:
    """Whether a planner can be asked to carry out a request as it stands (request-first)."""
    whole = row.situation not in ("missing_value", "no_tool")
    return row.intent != "harmful" and whole


def withheld(binding: Binding, gap: str) -> JsonValue:
    """Return the value that `step.need` stands for."""
    number, _, need = gap.partition(".")
    return binding.steps[int(number)].values[need]


def offered(binding: Binding, situation: Situation, gap: str) -> tuple[str, ...]:
    """Return the names of the tools a conversation offers, in their order."""
    missing = binding.steps[int(gap)].tool if situation == "missing_tool" else None
    return tuple(name for name in binding.tool_order if name != missing)
