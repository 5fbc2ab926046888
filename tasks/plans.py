"""Stage plans: calls that fulfil a binding, executed in its world before anyone asks for them."""

from collections.abc import Sequence

from schemas.base import JsonObject
from schemas.dataflow import yielded
from schemas.ids import row_id
from schemas.params import BuildParams
from schemas.prompts import load_prompt
from schemas.rows import Binding, Execution, Instruction, Plan, Policy, Receipt
from tasks.answers import Work, find_flaw
from tasks.context import RunContext
from tasks.conversation import Ask, converse, offered_tools
from tasks.doors.cache import Partition
from tasks.simulation import SimulationError, perform
from tasks.situations import is_planned
from tasks.specs import Model, WorldSpec, common, models_of, prompt_refs, world_facts
from tasks.stage import Made, define_stage
from tasks.world import call_of
from tasks.world.runner import ExecutionLostError, Session

PROMPT = "planner"


class ScriptedPlansSpec(WorldSpec):
    """Plans composed from the goals of one block's bindings."""

    stage = "plans"


class PlannedSpec(WorldSpec):
    """Plans a model makes for one block's requests (request-first)."""

    stage = "planned"

    prompts: tuple[str, ...]
    planners: tuple[Model, ...]
    temperature: float
    step_limit: int


def plans_spec(
    params: BuildParams, category: str, policies: Sequence[Policy], block: int
) -> ScriptedPlansSpec:
    """Return the spec of one block's scripted plans."""
    return ScriptedPlansSpec.model_validate(
        common(params, ScriptedPlansSpec.stage, category, policies)
        | world_facts(params)
        | {"block": block}
    )


def planned_spec(
    params: BuildParams, category: str, policies: Sequence[Policy], block: int
) -> PlannedSpec:
    """Return the spec of one block's plans made by a model."""
    return PlannedSpec.model_validate(
        common(params, PlannedSpec.stage, category, policies)
        | world_facts(params)
        | {
            "block": block,
            "prompts": prompt_refs([PROMPT]),
            "planners": models_of(params, "planner"),
            "temperature": params.responses.temperature,
            "step_limit": params.responses.step_limit,
        }
    )


async def script(binding: Binding, context: RunContext) -> Plan:
    """Return the scripted plan of a binding, executed; it may have failed.

    Raises:
        SimulationError: a model that simulates a tool gave no usable answer.
        ExecutionLostError: a call took its worker down.
    """
    slot, keys = f"{binding.slot}/plan", list[str]()
    if any(context.worlds.toolbox.simulates(step.tool) for step in binding.steps):
        session = context.worlds.session(binding.world_seed)
        try:
            await _walk(binding, context, session, keys)
        except SimulationError:
            await session.close()
            raise
        execution = await session.record(binding.steps, binding=binding.id, slot=slot)
    else:
        execution = await context.worlds.plan(
            binding.steps, binding.world_seed, binding=binding.id, slot=slot
        )
    return _plan(binding, execution, None, tuple(keys))


async def _walk(binding: Binding, context: RunContext, session: Session, keys: list[str]) -> None:
    """Make the calls of the steps one after the other, up to one that fails."""
    made: list[JsonObject] = []
    for number, step in enumerate(binding.steps, start=1):
        given = {need: made[source.step][source.yields] for need, source in step.inputs.items()}
        call = call_of(context.worlds.toolbox, step, given, number)
        done = await perform(context, session, call, ScriptedPlansSpec.stage, keys)
        if not done.ok:
            return
        try:
            made.append(yielded(context.catalogue.tools[step.tool], done.result))
        except KeyError:  # a result that lacks what a later step needs
            return


def _plan(
    binding: Binding, execution: Execution, instruction: Instruction | None, calls: tuple[str, ...]
) -> Plan:
    return Plan(
        id=row_id("plan", binding.id, instruction and instruction.id, execution.id),
        slot=f"{(instruction or binding).slot}/plan",
        binding=binding.id,
        category=binding.category,
        subcategory=binding.subcategory,
        maker="planner" if instruction else "scripted",
        instruction=instruction.id if instruction else None,
        execution=execution,
        calls=calls,
    )


async def _script_all(
    spec: ScriptedPlansSpec, upstream: tuple[Receipt, ...], part: Partition, context: RunContext
) -> Made:
    bindings = [b for b in await context.store.rows(Binding, upstream) if part.holds(b.id)]
    made = Made(rows_in=len(bindings))

    async def plan(binding: Binding) -> None:
        try:
            _keep_if_done(made, await script(binding, context))
        except SimulationError as failed:
            made.fail(spec.stage, binding, binding.category, failed.reply)
        except ExecutionLostError as lost:
            made.lose(spec.stage, binding, binding.category, lost)

    await context.work_on(spec.stage, bindings, plan)
    return made


def _keep_if_done(made: Made, plan: Plan) -> None:
    if plan.execution.success:
        made.rows.append(plan)
    else:
        made.dropped["plan_failed"] += 1


async def _plan_all(
    spec: PlannedSpec, upstream: tuple[Receipt, ...], part: Partition, context: RunContext
) -> Made:
    bindings = {b.id: b for b in await context.store.rows(Binding, upstream)}
    requests = [
        row
        for row in await context.store.rows(Instruction, upstream)
        if is_planned(row) and part.holds(row.id)
    ]
    made = Made(rows_in=len(requests))

    async def plan(request: Instruction) -> None:
        ask = Ask(
            role="planner",
            stage=spec.stage,
            item=request.id,
            system=load_prompt(PROMPT).system,
            texts=(request.text,),
            tools=bindings[request.binding].tool_order,
            temperature=spec.temperature,
            step_limit=spec.step_limit,
            retry_epoch=spec.retry_epoch,
        )
        binding = bindings[request.binding]
        try:
            talk = await converse(context, ask, binding.world_seed)
        except ExecutionLostError as lost:
            made.lose(spec.stage, request, request.category, lost)
            return
        if talk.end == "failed" and talk.last:
            made.fail(spec.stage, request, request.category, talk.last)
            return
        slot = f"{request.slot}/plan"
        execution = await talk.session.record(binding.steps, binding=binding.id, slot=slot)
        told = [text for text in (binding.system_prompt, request.text) if text]
        tools = offered_tools(binding.tool_order, context.catalogue)
        work = Work(talk.turns, told, tools, execution)
        if execution.success and (flaw := find_flaw(work)):
            made.dropped[flaw] += 1
            return
        _keep_if_done(made, _plan(binding, execution, request, tuple(talk.keys)))

    await context.work_on(spec.stage, requests, plan)
    return made


make_plans = define_stage(ScriptedPlansSpec, Plan.table, _script_all)
make_planned = define_stage(PlannedSpec, Plan.table, _plan_all)
