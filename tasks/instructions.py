"""Stage instructions: requests written for a binding in each of the three intents."""

from collections.abc import Sequence

import orjson

from schemas.actions import Catalogue
from schemas.answers import Requests, response_schema
from schemas.base import JsonObject
from schemas.calls import Request
from schemas.dataflow import Input
from schemas.ids import digest, row_id
from schemas.params import BuildParams
from schemas.prompts import load_prompt
from schemas.rows import Binding, Instruction, Intent, Plan, Policy, Receipt, StepGoal
from tasks.context import RunContext
from tasks.doors.cache import Partition
from tasks.doors.llm import Parsed
from tasks.specs import (
    BlockSpec,
    Model,
    catalogue_of,
    common,
    models_of,
    policy_facts,
    prompt_refs,
)
from tasks.stage import Made, define_stage

INTENTS: tuple[Intent, ...] = ("harmful", "benign", "borderline")
SHORTEST = 20  # characters of a request that can say anything


class InstructionsSpec(BlockSpec):
    """Requests of one block."""

    stage = "instructions"

    mode: str
    counts: dict[Intent, int]  # requests per binding
    capabilities: str  # digest of what prompts say of the steps
    prompts: tuple[str, ...]
    generators: tuple[Model, ...]
    temperature: float


def instructions_spec(
    params: BuildParams, category: str, policies: Sequence[Policy], block: int
) -> InstructionsSpec:
    """Return the spec of one block's requests."""
    return InstructionsSpec.model_validate(
        common(params, InstructionsSpec.stage, category, policies)
        | {
            "block": block,
            "mode": params.instructions.mode,
            "counts": {name: getattr(params.pool, f"{name}_per_binding") for name in INTENTS},
            "capabilities": digest(
                {name: each.description for name, each in catalogue_of(params).capabilities.items()}
            ),
            "prompts": prompt_refs([_prompt(intent) for intent in INTENTS]),
            "generators": models_of(params, "generator"),
            "temperature": params.instructions.temperature,
        }
    )


def step_facts(steps: Sequence[StepGoal], catalogue: Catalogue) -> list[JsonObject]:
    """Return the steps as a request's writer sees them: what to state, what to take over."""
    return [
        {
            "capability": step.capability,
            "does": catalogue.capabilities[step.capability].description,
            "values": step.values,
            "uses": {need: _origin(source) for need, source in step.inputs.items()},
        }
        for step in steps
    ]


def _origin(source: Input) -> str:
    return f"step {source.step + 1}'s {source.yields}"


def _prompt(intent: Intent) -> str:
    return f"request-{intent}"


def _request(
    spec: InstructionsSpec, binding: Binding, intent: Intent, catalogue: Catalogue
) -> Request:
    facts = {
        "intent": intent,
        "category": binding.category,
        **policy_facts(binding.subcategory),
        "steps": step_facts(binding.steps, catalogue),
        "count": spec.counts[intent],
    }
    text = orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode()
    return Request(
        role="generator",
        stage=spec.stage,
        item=row_id("draw", binding.slot, intent),
        messages=load_prompt(_prompt(intent)).render(facts=text),
        response_schema=response_schema(Requests),
        temperature=spec.temperature,
        max_tokens=2048,
        retry_epoch=spec.retry_epoch,
    )


def _rows(
    binding: Binding, intent: Intent, texts: Sequence[str], parsed: Parsed[Requests]
) -> list[Instruction]:
    return [
        Instruction(
            id=row_id("instruction", binding.id, intent, sample, text),
            slot=f"{binding.slot}/{intent}/{sample}",
            chain=binding.chain,
            binding=binding.id,
            category=binding.category,
            subcategory=binding.subcategory,
            intent=intent,
            sample=sample,
            text=text,
            endpoint=parsed.reply.endpoint,
            prompt=load_prompt(_prompt(intent)).ref,
            calls=parsed.keys,
        )
        for sample, text in enumerate(texts)
    ]


async def _write(
    spec: InstructionsSpec, binding: Binding, intent: Intent, context: RunContext, made: Made
) -> None:
    request = _request(spec, binding, intent, context.catalogue)
    parsed = await context.engine.ask_json(request, Requests)
    made.count_yield(binding.subcategory, parsed.by_endpoint)
    wanted = spec.counts[intent]
    if parsed.value is None:
        made.fail(spec.stage, binding, binding.category, parsed.reply)
        return
    texts = [text.strip() for text in parsed.value.requests]
    told = [text for text in dict.fromkeys(texts) if len(text) >= SHORTEST]
    made.dropped["too_short_or_repeated"] += len(texts) - len(told)
    made.dropped["surplus"] += max(0, len(told) - wanted)
    made.dropped["wrong_count"] += max(0, wanted - len(texts))
    made.rows += _rows(binding, intent, told[:wanted], parsed)


async def _work(
    spec: InstructionsSpec, upstream: tuple[Receipt, ...], part: Partition, context: RunContext
) -> Made:
    bindings = [b for b in await context.store.rows(Binding, upstream) if part.holds(b.id)]
    if spec.mode == "plan-first":
        planned = {plan.binding for plan in await context.store.rows(Plan, upstream)}
        bindings = [binding for binding in bindings if binding.id in planned]
    made = Made(rows_in=len(bindings), wanted=len(bindings) * sum(spec.counts.values()))
    jobs = [(b, intent) for b in bindings for intent in INTENTS if spec.counts[intent]]

    async def write(job: tuple[Binding, Intent]) -> None:
        await _write(spec, *job, context, made)

    await context.work_on(spec.stage, jobs, write)
    made.dropped = +made.dropped
    return made


make_instructions = define_stage(InstructionsSpec, Instruction.table, _work)
