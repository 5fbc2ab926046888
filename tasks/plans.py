"""Stage plans: calls that fulfil a binding, executed in its world before anyone asks for them."""

from collections.abc import Sequence

from schemas.ids import row_id
from schemas.params import BuildParams
from schemas.prompts import load_prompt
from schemas.rows import Binding, Execution, Instruction, Plan, Policy, Receipt
from tasks.context import RunContext
from tasks.conversation import Ask, converse
from tasks.doors.cache import Partition
from tasks.specs import BlockSpec, Model, common, models_of, prompt_refs
from tasks.stage import Made, define_stage, in_pieces
from tasks.world import code_digest, record, run_plan

PROMPT = "planner"


class ScriptedPlansSpec(BlockSpec):
    """Plans composed from the goals of one block's bindings."""

    stage = "plans"

    world: str


class PlannedSpec(BlockSpec):
    """Plans a model makes for one block's requests (request-first)."""

    stage = "planned"

    world: str
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
        | {"block": block, "world": code_digest()}
    )


def planned_spec(
    params: BuildParams, category: str, policies: Sequence[Policy], block: int
) -> PlannedSpec:
    """Return the spec of one block's plans made by a model."""
    return PlannedSpec.model_validate(
        common(params, PlannedSpec.stage, category, policies)
        | {
            "block": block,
            "world": code_digest(),
            "prompts": prompt_refs([PROMPT]),
            "planners": models_of(params, "planner"),
            "temperature": params.responses.temperature,
            "step_limit": params.responses.step_limit,
        }
    )


def script(binding: Binding) -> Plan:
    """Return the scripted plan of a binding, executed; it may have failed."""
    slot = f"{binding.slot}/plan"
    execution = run_plan(binding.steps, binding.world_seed, binding=binding.id, slot=slot)
    return _plan(binding, execution, None, ())


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
    _spec: ScriptedPlansSpec, upstream: tuple[Receipt, ...], part: Partition, context: RunContext
) -> Made:
    bindings = [b for b in await context.store.rows(Binding, upstream) if part.holds(b.id)]
    made = Made(rows_in=len(bindings))
    async for binding in in_pieces(bindings):
        _keep_if_done(made, script(binding))
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
        if row.intent != "harmful" and part.holds(row.id)
    ]
    made = Made(rows_in=len(requests))

    async def plan(request: Instruction) -> None:
        ask = Ask(
            role="planner",
            stage=spec.stage,
            item=request.id,
            system=load_prompt(PROMPT).system,
            text=request.text,
            temperature=spec.temperature,
            step_limit=spec.step_limit,
            retry_epoch=spec.retry_epoch,
        )
        binding = bindings[request.binding]
        talk = await converse(context.engine, ask, binding)
        if talk.end == "failed" and talk.last:
            made.fail(spec.stage, request, request.category, talk.last)
            return
        slot = f"{request.slot}/plan"
        execution = record(talk.world, binding.steps, binding=binding.id, slot=slot)
        _keep_if_done(made, _plan(binding, execution, request, tuple(talk.keys)))

    await context.work_on(spec.stage, requests, plan)
    return made


make_plans = define_stage(ScriptedPlansSpec, Plan.table, _script_all)
make_planned = define_stage(PlannedSpec, Plan.table, _plan_all)
