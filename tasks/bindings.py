"""Stage bindings: chains made concrete by tools, distractors, a seeded world and a goal."""

import itertools
import operator
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field

from schemas import ids
from schemas.actions import Catalogue
from schemas.base import JsonValue
from schemas.catalogue import load_system_prompts
from schemas.ids import digest, row_id
from schemas.params import BuildParams
from schemas.rows import Binding, Chain, Policy, Receipt, StepGoal
from tasks.context import RunContext
from tasks.doors.cache import Partition
from tasks.specs import BlockSpec, common
from tasks.stage import Made, define_stage
from tasks.world import UnbindableError, world_code
from tasks.world.runner import ExecutionLostError


class BindingsSpec(BlockSpec):
    """Bindings of one block of a category."""

    stage = "bindings"

    samples: tuple[int, ...]  # sample indices of each chain
    distractors: tuple[int, int]
    system_prompts: dict[str, float]
    own_system_prompt: str | None
    held_out: tuple[str, ...]
    pool: str  # digest of the system prompt pool
    world: str  # digest of the world's code, tools included
    # of what people said of the chains; without any word the field is in no key
    reviews: str = Field(default="", exclude_if=operator.not_)


def bindings_spec(
    params: BuildParams, category: str, policies: Sequence[Policy], block: int
) -> BindingsSpec:
    """Return the spec of one block's bindings."""
    size = params.pool.bindings_per_block
    return BindingsSpec.model_validate(
        common(params, BindingsSpec.stage, category, policies)
        | {
            "block": block,
            "samples": tuple(range(block * size, (block + 1) * size)),
            "distractors": (params.bindings.distractors_min, params.bindings.distractors_max),
            "system_prompts": params.bindings.system_prompts,
            "own_system_prompt": params.bindings.own_system_prompt,
            "held_out": params.balance.held_out,
            "pool": digest([prompt.model_dump() for prompt in load_system_prompts()]),
            "world": world_code(params.tools),
            "reviews": params.reviews_of("chain", category),
        }
    )


def draw_tools(
    capabilities: Sequence[str], catalogue: Catalogue, rng: random.Random
) -> tuple[str, ...]:
    """Return one tool per step; equal capabilities get the same tool."""
    drawn = {
        name: rng.choice(catalogue.tools_for(name)).name for name in dict.fromkeys(capabilities)
    }
    return tuple(drawn[name] for name in capabilities)


def draw_distractors(
    capabilities: Sequence[str],
    catalogue: Catalogue,
    bounds: tuple[int, int],
    rng: random.Random,
    held_out: Collection[str] = (),
) -> tuple[str, ...]:
    """Return tools of capabilities that the chain does not have, none needed for it.

    Tools that are held out for the test split, alone or with their API group, are none of them.
    """
    others = [
        tool.name
        for tool in catalogue.tools.values()
        if tool.capability not in capabilities
        and not {tool.name, tool.capability.partition(".")[0]} & {*held_out}
    ]
    return tuple(rng.sample(others, min(rng.randint(*bounds), len(others))))


def draw_system_prompt(
    weights: Mapping[str, float], own: str | None, rng: random.Random
) -> tuple[str, str | None]:
    """Return the name and the text (None for no system message) of a system prompt."""
    pool = {prompt.name: prompt.texts for prompt in load_system_prompts()}
    pool["own"] = (own,) if own else ()
    names = sorted(weights)
    name = rng.choices(names, weights=[weights[n] for n in names])[0]
    return name, rng.choice(pool[name]) if pool[name] else None


@dataclass(frozen=True, slots=True)
class Draft:
    """What is drawn for a chain's sample before its goal; `purpose` seeds the goal's own draws."""

    tools: tuple[str, ...]
    distractors: tuple[str, ...]
    tool_order: tuple[str, ...]
    world_seed: int
    system_prompt_name: str
    system_prompt: str | None
    purpose: tuple[JsonValue, ...]


def draft(chain: Chain, sample: int, spec: BindingsSpec, catalogue: Catalogue) -> Draft:
    """Return tools, world and system prompt of a chain's sample."""
    rng = ids.rng(spec.seed, "binding", chain.id, sample)
    tools = draw_tools(chain.capabilities, catalogue, rng)
    world_seed = rng.getrandbits(53)
    distractors = draw_distractors(
        chain.capabilities, catalogue, spec.distractors, rng, spec.held_out
    )
    order = list(dict.fromkeys((*tools, *distractors)))
    rng.shuffle(order)
    name, text = draw_system_prompt(spec.system_prompts, spec.own_system_prompt, rng)
    purpose = (spec.seed, "goal", chain.id, sample)
    return Draft(tools, distractors, tuple(order), world_seed, name, text, purpose)


def bind(chain: Chain, sample: int, draft: Draft, steps: tuple[StepGoal, ...]) -> Binding:
    """Return the binding of a chain's sample to a goal."""
    order, world_seed, prompt = draft.tool_order, draft.world_seed, draft.system_prompt
    content = [[step.model_dump(mode="json") for step in steps], order, world_seed, prompt]
    return Binding(
        id=row_id("binding", chain.id, sample, content),
        slot=f"{chain.slot}/{sample}",
        chain=chain.id,
        category=chain.category,
        subcategory=chain.subcategory,
        steps=steps,
        distractors=draft.distractors,
        tool_order=order,
        world_seed=world_seed,
        system_prompt=prompt,
        system_prompt_name=draft.system_prompt_name,
    )


async def _work(
    spec: BindingsSpec, upstream: tuple[Receipt, ...], part: Partition, context: RunContext
) -> Made:
    chains = [c for c in await context.store.rows(Chain, upstream) if part.holds(c.id)]
    kept = [c for c in chains if not context.people.rejects_chain(c.id)]
    jobs = list(itertools.product(kept, spec.samples))
    made = Made(rows_in=len(chains) * len(spec.samples), wanted=len(jobs))
    made.dropped["rejected_by_people"] += made.rows_in - len(jobs)

    async def make(job: tuple[Chain, int]) -> None:
        await _bind_one(*job, spec, context, made)

    await context.work_on(spec.stage, jobs, make)
    return made


async def _bind_one(
    chain: Chain, sample: int, spec: BindingsSpec, context: RunContext, made: Made
) -> None:
    drawn = draft(chain, sample, spec, context.catalogue)
    try:
        steps = await context.worlds.draw(
            chain.capabilities, drawn.tools, drawn.world_seed, drawn.purpose
        )
    except UnbindableError:
        made.dropped["unbindable"] += 1
    except ExecutionLostError as lost:
        made.lose(spec.stage, chain, chain.category, lost)
    else:
        made.rows.append(bind(chain, sample, drawn, steps))


make_bindings = define_stage(BindingsSpec, Binding.table, _work)
