"""Stage instructions: requests written for a binding in each of the three intents."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from schemas.actions import Catalogue
from schemas.answers import response_schema
from schemas.calls import Request
from schemas.ids import digest, row_id
from schemas.params import BuildParams
from schemas.prompts import load_prompt
from schemas.rows import (
    Binding,
    Instruction,
    Intent,
    Plan,
    Policy,
    Receipt,
    Situation,
)
from tasks.batches import INTENTS, PROMPTS, Batch, batch_facts, batches
from tasks.context import RunContext
from tasks.doors.cache import Partition
from tasks.doors.llm import Parsed
from tasks.situations import Sample, draw_samples
from tasks.specs import (
    BlockSpec,
    Model,
    catalogue_of,
    common,
    models_of,
    prompt_refs,
)
from tasks.stage import Made, define_stage

SHORTEST = 20  # characters of a request that can say anything


class InstructionsSpec(BlockSpec):
    """Requests of one block."""

    stage = "instructions"

    mode: str
    counts: dict[Intent, int]  # requests per binding
    situations: dict[Intent, dict[Situation, float]]
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
            "situations": {name: params.situations.shares(name) for name in INTENTS},
            "capabilities": digest(
                {name: each.description for name, each in catalogue_of(params).capabilities.items()}
            ),
            "prompts": prompt_refs(PROMPTS),
            "generators": models_of(params, "generator"),
            "temperature": params.instructions.temperature,
        }
    )


def _request(spec: InstructionsSpec, batch: Batch, catalogue: Catalogue) -> Request:
    text = orjson.dumps(batch_facts(batch, catalogue), option=orjson.OPT_INDENT_2).decode()
    first = batch.samples[0]
    apart = (first.situation, first.number) if batch.alone else ()
    return Request(
        role="generator",
        stage=spec.stage,
        item=row_id("draw", batch.binding.slot, first.intent, *apart),
        messages=load_prompt(batch.prompt).render(facts=text),
        response_schema=response_schema(batch.shape),
        temperature=spec.temperature,
        max_tokens=2048,
        index=batch.index,
        retry_epoch=spec.retry_epoch,
    )


def _rows(batch: Batch, told: Sequence[tuple[str, str]], parsed: Parsed[Any]) -> list[Instruction]:
    return [
        _row(batch, sample, *written, parsed)
        for sample, written in zip(batch.samples, told, strict=False)
    ]


def _row(batch: Batch, sample: Sample, text: str, later: str, parsed: Parsed[Any]) -> Instruction:
    binding = batch.binding
    place = ("opening", sample.number) if sample.situation == "opening" else (sample.number,)
    return Instruction(
        id=row_id("instruction", binding.id, sample.intent, *place, text, later),
        slot="/".join(map(str, (binding.slot, sample.intent, *place))),
        chain=binding.chain,
        binding=binding.id,
        category=binding.category,
        subcategory=binding.subcategory,
        intent=sample.intent,
        sample=sample.number,
        text=text,
        situation=sample.situation,
        later=later,
        gap=sample.gap,
        endpoint=parsed.reply.endpoint,
        prompt=load_prompt(batch.prompt).ref,
        calls=parsed.keys,
    )


async def _write(spec: InstructionsSpec, batch: Batch, context: RunContext, made: Made) -> None:
    request = _request(spec, batch, context.catalogue)
    parsed = await context.engine.ask_json(request, batch.shape)
    made.count_yield(batch.binding.subcategory, parsed.by_endpoint)
    if parsed.value is None:
        made.fail(spec.stage, batch.binding, batch.binding.category, parsed.reply)
        return
    wanted, written = len(batch.samples), parsed.value.written
    told = [each for each in dict.fromkeys(written) if len(each[0]) >= SHORTEST]
    made.dropped["too_short_or_repeated"] += len(written) - len(told)
    made.dropped["surplus"] += max(0, len(told) - wanted)
    made.dropped["wrong_count"] += max(0, wanted - len(written))
    made.rows += _rows(batch, told[:wanted], parsed)


async def _work(
    spec: InstructionsSpec, upstream: tuple[Receipt, ...], part: Partition, context: RunContext
) -> Made:
    bindings = [b for b in await context.store.rows(Binding, upstream) if part.holds(b.id)]
    if spec.mode == "plan-first":
        planned = {binding for (binding,) in await context.store.tally(Plan, upstream, "binding")}
        bindings = [binding for binding in bindings if binding.id in planned]
    jobs = [batch for binding in bindings for batch in _batches(spec, binding, context.catalogue)]
    made = Made(rows_in=len(bindings), wanted=sum(len(batch.samples) for batch in jobs))

    async def write(batch: Batch) -> None:
        await _write(spec, batch, context, made)

    await context.work_on(spec.stage, jobs, write)
    made.dropped = +made.dropped
    return made


def _batches(spec: InstructionsSpec, binding: Binding, catalogue: Catalogue) -> Iterator[Batch]:
    samples = draw_samples(binding, spec.counts, spec.situations, spec.seed, catalogue)
    return batches(binding, samples)


make_instructions = define_stage(InstructionsSpec, Instruction.table, _work)
