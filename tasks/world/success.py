"""Success: what the calls made and the final state say of a goal, never the prose."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.actions import Argument, Tool
from schemas.base import JsonObject, JsonValue
from schemas.dataflow import fill_arguments, yielded
from schemas.ids import row_id
from schemas.rows import CallResult, Execution, StepGoal
from tasks.world.core import World
from tasks.world.toolbox import Toolbox
from tasks.world.wording import same_wording, says_all


@dataclass(frozen=True, slots=True)
class Match:
    """The call that did a step: its place in the log, the values it took, what it yielded."""

    place: int
    values: JsonObject
    yields: JsonObject


def check(world: World, steps: Sequence[StepGoal]) -> tuple[str, ...]:
    """Return what speaks against the steps having been done, once each and nothing else.

    Reading more than was asked for is fine. An empty result means success. Of a capability
    without a declared effect the calls alone say whether it was done.
    """
    matches = _match(world, steps, ())
    if len(matches) < len(steps):
        missing = len(matches)
        return (f"step {missing + 1} ({steps[missing].capability}): no call does it as asked",)
    return (*_lost_effects(world, steps, matches), *_needless(world.log, matches))


def _match(world: World, steps: Sequence[StepGoal], found: tuple[Match, ...]) -> tuple[Match, ...]:
    """Return calls for the steps, in order; for as many of the first steps as can be matched."""
    if len(found) == len(steps):
        return found
    best = found
    for match in _candidates(world, steps[len(found)], found):
        reached = _match(world, steps, (*found, match))
        if len(reached) == len(steps):
            return reached
        best = max(best, reached, key=len)
    return best


def _candidates(world: World, step: StepGoal, found: tuple[Match, ...]) -> Iterator[Match]:
    taken = {match.place for match in found}
    given = {need: found[source.step].yields[source.yields] for need, source in step.inputs.items()}
    after = max((found[source.step].place for source in step.inputs.values()), default=-1)
    values = step.values | given
    for place, done in enumerate(world.log):
        if place <= after or place in taken or not done.ok:
            continue
        tool = world.toolbox.catalogue.tools[done.call.name]
        if tool.capability == step.capability and _as_asked(world.toolbox, tool, done, values):
            yields = _yields(tool, done.result)
            if yields is not None:
                yield Match(place, values, yields)


def _yields(tool: Tool, result: JsonValue) -> JsonObject | None:
    try:
        return yielded(tool, result)
    except KeyError:  # a search that found nothing
        return None


def _as_asked(toolbox: Toolbox, tool: Tool, done: CallResult, values: JsonObject) -> bool:
    defaults = toolbox.contract.terms(tool.name).defaults
    asked = defaults | fill_arguments(tool, values)
    made = defaults | done.call.arguments
    more = made.keys() - asked.keys()
    if asked.keys() - made.keys() or (more and done.changes):
        return False
    return all(
        _equal(tool.arguments.get(name), asked[name], made[name], values)
        for name in asked
        if name in tool.arguments or done.changes
    )


def _equal(
    argument: Argument | None, asked: JsonValue, made: JsonValue, values: JsonObject
) -> bool:
    parts = [str(values[need]) for need in argument.needs if need in values] if argument else []
    if isinstance(asked, str) and isinstance(made, str):
        return says_all(made, parts) if len(parts) > 1 else same_wording(asked, made)
    return asked == made


def _lost_effects(
    world: World, steps: Sequence[StepGoal], matches: Sequence[Match]
) -> Iterator[str]:
    for index, (step, match) in enumerate(zip(steps, matches, strict=True)):
        done = world.log[match.place]
        effect = world.toolbox.effects.get(step.capability)
        if effect is None or world.toolbox.simulates(done.call.name):
            continue
        lost = effect(world, match.values, match.yields)
        if lost:
            yield f"step {index + 1} ({step.capability}): {lost}"


def _needless(log: Sequence[CallResult], matches: Sequence[Match]) -> Iterator[str]:
    places = {match.place for match in matches}
    asked = [log[place].call for place in places]
    for place, done in enumerate(log):
        if not done.ok or not done.changes or place in places:
            continue
        same = any(
            call.name == done.call.name and call.arguments == done.call.arguments for call in asked
        )
        yield f"{done.call.name}: {'done twice' if same else 'unasked'}"


def record(world: World, steps: Sequence[StepGoal], *, binding: str, slot: str) -> Execution:
    """Return what was executed in a world, and whether it fulfils the steps."""
    failures = check(world, steps)
    final, calls = world.digest(), tuple(world.log)
    made = [done.model_dump(mode="json") for done in calls]
    return Execution(
        id=row_id("execution", binding, slot, world.seed, world.toolbox.code, final, made),
        slot=slot,
        binding=binding,
        world_seed=world.seed,
        world_code=world.toolbox.code,
        grounding="simulated" if world.told else "executed",
        initial_digest=world.initial_digest,
        final_digest=final,
        steps=calls,
        success=not failures,
        failures=failures,
    )
