"""Goals drawn from a world, and the calls that reach them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from schemas.actions import Capability, Tool
from schemas.base import JsonObject
from schemas.catalogue import load_catalogue
from schemas.dataflow import (
    BrokenFlowError,
    Input,
    capabilities_of,
    fill_arguments,
    stated_needs,
    wire,
    yielded,
)
from schemas.errors import AgentAlignError
from schemas.messages import ToolCall
from schemas.rows import CallResult, Execution, StepGoal
from tasks.world.contract import Refused
from tasks.world.core import World
from tasks.world.groups import DRAWS
from tasks.world.success import record

REDRAWS = 8


class UnbindableError(AgentAlignError):
    """A chain can't be made concrete with these tools in this world."""


@dataclass(slots=True)
class Walk:
    """Steps executed one after the other, and what each of them yielded."""

    world: World
    steps: list[StepGoal] = field(default_factory=list)
    yields: list[JsonObject] = field(default_factory=list)

    def given(self, inputs: dict[str, Input]) -> JsonObject:
        """Return the values that earlier steps give."""
        return {need: self.yields[source.step][source.yields] for need, source in inputs.items()}

    def take(self, step: StepGoal) -> CallResult:
        """Execute a step; what it yields is kept if it succeeds."""
        tool = load_catalogue().tools[step.tool]
        arguments = fill_arguments(tool, step.values | self.given(step.inputs))
        call = ToolCall(id=f"call_{len(self.steps) + 1}", name=tool.name, arguments=arguments)
        done = self.world.call(call)
        self.steps.append(step)
        if done.ok:
            self.yields.append(yielded(tool, done.result))
        return done


def draw_goal(
    capability_ids: Sequence[str], tool_names: Sequence[str], world_seed: int, rng: Random
) -> tuple[StepGoal, ...]:
    """Return the steps of a chain with values that work in the world of `world_seed`.

    Raises:
        UnbindableError: the chain does not flow, or the world holds nothing it could act on.
    """
    catalogue = load_catalogue()
    capabilities = capabilities_of(catalogue, capability_ids)
    try:
        wiring = wire(capabilities)
    except BrokenFlowError as exc:
        raise UnbindableError(str(exc)) from exc
    walk = Walk(World(world_seed))
    for capability, name, inputs in zip(capabilities, tool_names, wiring, strict=True):
        step = _draw_step(walk, capability, catalogue.tools[name], inputs, rng)
        done = walk.take(step)
        if not done.ok:
            msg = f"{name} refused {done.call.arguments}: {done.result}; draw another world"
            raise UnbindableError(msg)
    return tuple(walk.steps)


def _draw_step(
    walk: Walk, capability: Capability, tool: Tool, inputs: dict[str, Input], rng: Random
) -> StepGoal:
    stated = [need.name for need in stated_needs(capability, inputs)]
    for _ in range(REDRAWS):
        try:
            drawn = DRAWS[capability.id](walk.world, walk.given(inputs), rng)
        except Refused as exc:
            raise UnbindableError(f"{capability.id}: {exc.message}; draw another world") from exc
        values = {name: drawn[name] for name in stated}
        step = StepGoal(capability=capability.id, tool=tool.name, values=values, inputs=inputs)
        if step not in walk.steps:
            return step
    msg = f"{capability.id}: nothing left to do that was not asked for already"
    raise UnbindableError(msg)


def run_plan(steps: Sequence[StepGoal], world_seed: int, *, binding: str, slot: str) -> Execution:
    """Return the record of the steps' own calls, made in a new world, up to one that fails."""
    walk = Walk(World(world_seed))
    for step in steps:
        if not walk.take(step).ok:
            break
    return record(walk.world, steps, binding=binding, slot=slot)
