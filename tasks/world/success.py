"""Success: what the calls made and the final state say of a goal, never the prose."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from schemas.actions import Argument, Tool
from schemas.base import JsonObject, JsonValue
from schemas.dataflow import fill_arguments, yielded
from schemas.ids import row_id
from schemas.rows import Aim, CallResult, Execution, StepGoal
from tasks.world.core import World
from tasks.world.toolbox import Toolbox
from tasks.world.wording import same_wording, says_all


@dataclass(frozen=True, slots=True)
class Match:
    """The call that did a step: its place in the log, the values it took, what it yielded."""

    place: int
    values: JsonObject
    yields: JsonObject


Matches = Mapping[int, Match]  # by step, in the order of the steps


def check(world: World, steps: Sequence[StepGoal], aim: Aim = "all") -> tuple[str, ...]:
    """Return what speaks against the steps having been done, once each and nothing else.

    If the aim is a part, any of them may be left out, with those that it gives something to.
    Reading more than was asked for is fine, and so is a call made again after a fault. An empty
    result means success. Of a capability without a declared effect the calls alone say whether
    it was done.
    """
    return _failures(world, steps, _match(world, steps, {}), aim)


def done_steps(world: World, steps: Sequence[StepGoal]) -> tuple[int, ...]:
    """Return the steps (0-based) that were done, in their order: as many as calls account for."""
    return tuple(_match(world, steps, {}))


def _failures(
    world: World, steps: Sequence[StepGoal], matches: Matches, aim: Aim
) -> tuple[str, ...]:
    missing = next((index for index in range(len(steps)) if index not in matches), None)
    if missing is not None and aim == "all":
        return (f"step {missing + 1} ({steps[missing].capability}): no call does it as asked",)
    return (*_lost_effects(world, steps, matches), *_needless(world.log, matches))


def _match(world: World, steps: Sequence[StepGoal], found: Matches, at: int = 0) -> Matches:
    """Return calls for as many of the steps from `at` on as can be, beside those found so far.

    Where one of two steps can be had, it is the earlier.
    """
    if at == len(steps):
        return found
    best, most = found, len(found) + len(steps) - at
    for match in chain(_candidates(world, steps[at], found), (None,)):
        reached = _match(world, steps, {**found, at: match} if match else found, at + 1)
        if len(reached) == most:
            return reached
        best = max(best, reached, key=len)
    return best


def _candidates(world: World, step: StepGoal, found: Matches) -> Iterator[Match]:
    if any(source.step not in found for source in step.inputs.values()):
        return
    taken = {match.place for match in found.values()}
    given = {need: found[source.step].yields[source.yields] for need, source in step.inputs.items()}
    after = max((found[source.step].place for source in step.inputs.values()), default=-1)
    values = step.values | given
    seen: list[JsonObject] = []  # of two calls that yield the same, the later does no more
    for place, done in enumerate(world.log):
        if place <= after or place in taken or not done.ok:
            continue
        tool = world.toolbox.catalogue.tools[done.call.name]
        if tool.capability == step.capability and _as_asked(world.toolbox, tool, done, values):
            yields = _yields(tool, done.result)
            if yields is not None and yields not in seen:
                seen.append(yields)
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


def _lost_effects(world: World, steps: Sequence[StepGoal], matches: Matches) -> Iterator[str]:
    for index, match in matches.items():
        step, done = steps[index], world.log[match.place]
        effect = world.toolbox.effects.get(step.capability)
        if effect is None or world.toolbox.simulates(done.call.name):
            continue
        lost = effect(world, match.values, match.yields)
        if lost:
            yield f"step {index + 1} ({step.capability}): {lost}"


def _needless(log: Sequence[CallResult], matches: Matches) -> Iterator[str]:
    places = {match.place for match in matches.values()}
    asked = [log[place].call for place in places]
    for place, done in enumerate(log):
        if not done.ok or not done.changes or place in places:
            continue
        same = any(
            call.name == done.call.name and call.arguments == done.call.arguments for call in asked
        )
        yield f"{done.call.name}: {'done twice' if same else 'unasked'}"


def record(
    world: World, steps: Sequence[StepGoal], *, binding: str, slot: str, aim: Aim = "all"
) -> Execution:
    """Return what was executed in a world, which of the steps it did, and whether as aimed."""
    matches = _match(world, steps, {})
    failures = _failures(world, steps, matches, aim)
    final, calls = world.digest(), tuple(world.log)
    made = [done.model_dump(mode="json") for done in calls]
    planned = [incident.model_dump(mode="json") for incident in world.incidents]
    made_from = (binding, slot, world.seed, world.toolbox.code, final, made, planned, aim)
    return Execution(
        id=row_id("execution", *made_from),
        slot=slot,
        binding=binding,
        world_seed=world.seed,
        world_code=world.toolbox.code,
        grounding="simulated" if world.told else "executed",
        initial_digest=world.initial_digest,
        final_digest=final,
        incidents=world.incidents,
        steps=calls,
        aim=aim,
        done=tuple(matches),
        success=not failures,
        failures=failures,
    )
