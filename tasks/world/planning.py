"""Goals drawn from a world, and the calls that reach them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from schemas.actions import Capability, Tool
from schemas.base import JsonObject
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
from tasks.world.success import record
from tasks.world.toolbox import Toolbox
from tasks.world.values import draw_values

REDRAWS = 8


class UnbindableError(AgentAlignError):
    """A chain can't be made concrete with these tools in this world."""


@dataclass(slots=True)
class Walk:
    """Steps executed one after the other, and what each of them yielded.

    A simulated step is not executed: what it yields is not known here.
    """

    world: World
    steps: list[StepGoal] = field(default_factory=list)
    yields: list[JsonObject] = field(default_factory=list)

    def given(self, inputs: dict[str, Input]) -> JsonObject:
        """Return the values that earlier steps give, as far as they are known."""
        return {
            need: self.yields[source.step][source.yields]
            for need, source in inputs.items()
            if source.yields in self.yields[source.step]
        }

    def take(self, step: StepGoal) -> CallResult:
        """Execute a step; what it yields is kept if it succeeds."""
        done = self.world.call(call_of(self.world.toolbox, step, self.given(step.inputs), self.at))
        self.steps.append(step)
        if done.ok:
            self.yields.append(yielded(self.world.toolbox.catalogue.tools[step.tool], done.result))
        return done

    def skip(self, step: StepGoal) -> None:
        """Go past a simulated step."""
        self.steps.append(step)
        self.yields.append({})

    @property
    def at(self) -> int:
        """The number of the step that comes next, from 1."""
        return len(self.steps) + 1


def call_of(toolbox: Toolbox, step: StepGoal, given: JsonObject, number: int) -> ToolCall:
    """Return the call that does a step, with what earlier steps gave."""
    arguments = fill_arguments(toolbox.catalogue.tools[step.tool], step.values | given)
    return ToolCall(id=f"call_{number}", name=step.tool, arguments=arguments)


def draw_goal(
    capability_ids: Sequence[str],
    tool_names: Sequence[str],
    world_seed: int,
    rng: Random,
    toolbox: Toolbox | None = None,
) -> tuple[StepGoal, ...]:
    """Return the steps of a chain with values that work in the world of `world_seed`.

    Raises:
        UnbindableError: the chain does not flow, or the world holds nothing it could act on.
    """
    walk = Walk(World(world_seed, toolbox))
    tools = [walk.world.toolbox.catalogue.tools[name] for name in tool_names]
    capabilities = capabilities_of(walk.world.toolbox.catalogue, capability_ids)
    simulated = [n for n, tool in enumerate(tools) if walk.world.toolbox.simulates(tool.name)]
    try:
        wiring = wire(capabilities, simulated)
    except BrokenFlowError as exc:
        raise UnbindableError(str(exc)) from exc
    for capability, tool, inputs in zip(capabilities, tools, wiring, strict=True):
        _go(walk, _draw_step(walk, capability, tool, inputs, rng))
    return tuple(walk.steps)


def _go(walk: Walk, step: StepGoal) -> None:
    if walk.world.toolbox.simulates(step.tool):
        walk.skip(step)
        return
    done = walk.take(step)
    if not done.ok:
        msg = f"{step.tool} refused {done.call.arguments}: {done.result}; draw another world"
        raise UnbindableError(msg)


def _draw_step(
    walk: Walk, capability: Capability, tool: Tool, inputs: dict[str, Input], rng: Random
) -> StepGoal:
    stated = [need.name for need in stated_needs(capability, inputs)]
    for _ in range(REDRAWS):
        drawn = _drawn(walk, capability, tool, inputs, rng)
        values = {name: drawn[name] for name in stated}
        step = StepGoal(capability=capability.id, tool=tool.name, values=values, inputs=inputs)
        if step not in walk.steps:
            return step
    msg = f"{capability.id}: nothing left to do that was not asked for already"
    raise UnbindableError(msg)


def _drawn(
    walk: Walk, capability: Capability, tool: Tool, inputs: dict[str, Input], rng: Random
) -> JsonObject:
    draw = walk.world.toolbox.draws.get(capability.id)
    if draw is None or walk.world.toolbox.simulates(tool.name):
        return draw_values(capability, tool, rng)
    try:
        return draw(walk.world, walk.given(inputs), rng)
    except Refused as exc:
        raise UnbindableError(f"{capability.id}: {exc.message}; draw another world") from exc


def run_plan(
    steps: Sequence[StepGoal],
    world_seed: int,
    *,
    binding: str,
    slot: str,
    toolbox: Toolbox | None = None,
) -> Execution:
    """Return the record of the steps' own calls, made in a new world, up to one that fails."""
    walk = Walk(World(world_seed, toolbox))
    for step in steps:
        if not walk.take(step).ok:
            break
    return record(walk.world, steps, binding=binding, slot=slot)
