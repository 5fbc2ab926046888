"""Stage bindings: chains made concrete by tools, distractors, a seeded world and a goal."""

import itertools
import random
from collections.abc import Mapping, Sequence

from schemas import ids
from schemas.actions import Catalogue
from schemas.catalogue import load_catalogue, load_system_prompts
from schemas.ids import digest, row_id
from schemas.params import BuildParams
from schemas.rows import Binding, Chain, Policy, Receipt, StepGoal
from tasks.context import RunContext
from tasks.doors.cache import Partition
from tasks.specs import BlockSpec, common
from tasks.stage import Made, define_stage, in_pieces
from tasks.world import UnbindableError, code_digest, draw_goal


class BindingsSpec(BlockSpec):
    """Bindings of one block of a category."""

    stage = "bindings"

    samples: tuple[int, ...]  # sample indices of each chain
    distractors: tuple[int, int]
    system_prompts: dict[str, float]
    own_system_prompt: str | None
    pool: str  # digest of the system prompt pool
    world: str  # digest of the world's code, tools included


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
            "pool": digest([prompt.model_dump() for prompt in load_system_prompts()]),
            "world": code_digest(),
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
    capabilities: Sequence[str], catalogue: Catalogue, bounds: tuple[int, int], rng: random.Random
) -> tuple[str, ...]:
    """Return tools of capabilities that the chain does not have, none needed for it."""
    others = [tool.name for tool in catalogue.tools.values() if tool.capability not in capabilities]
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


def bind(chain: Chain, sample: int, spec: BindingsSpec, catalogue: Catalogue) -> Binding:
    """Return the binding of a chain's sample.

    Raises:
        UnbindableError: the drawn world holds nothing that the chain could be done with.
    """
    rng = ids.rng(spec.seed, "binding", chain.id, sample)
    tools = draw_tools(chain.capabilities, catalogue, rng)
    world_seed = rng.getrandbits(53)
    steps = draw_goal(chain.capabilities, tools, world_seed, rng)
    distractors = draw_distractors(chain.capabilities, catalogue, spec.distractors, rng)
    order = list(dict.fromkeys((*tools, *distractors)))
    rng.shuffle(order)
    name, text = draw_system_prompt(spec.system_prompts, spec.own_system_prompt, rng)
    return _row(chain, sample, steps, distractors, tuple(order), world_seed, name, text)


def _row(
    chain: Chain,
    sample: int,
    steps: tuple[StepGoal, ...],
    distractors: tuple[str, ...],
    order: tuple[str, ...],
    world_seed: int,
    system_prompt_name: str,
    system_prompt: str | None,
) -> Binding:
    content = [[step.model_dump(mode="json") for step in steps], order, world_seed, system_prompt]
    return Binding(
        id=row_id("binding", chain.id, sample, content),
        slot=f"{chain.slot}/{sample}",
        chain=chain.id,
        category=chain.category,
        subcategory=chain.subcategory,
        steps=steps,
        distractors=distractors,
        tool_order=order,
        world_seed=world_seed,
        system_prompt=system_prompt,
        system_prompt_name=system_prompt_name,
    )


async def _work(
    spec: BindingsSpec, upstream: tuple[Receipt, ...], part: Partition, context: RunContext
) -> Made:
    catalogue = load_catalogue()
    chains = [c for c in await context.store.rows(Chain, upstream) if part.holds(c.id)]
    made = Made(rows_in=len(chains) * len(spec.samples))
    async for chain, sample in in_pieces(itertools.product(chains, spec.samples)):
        try:
            made.rows.append(bind(chain, sample, spec, catalogue))
        except UnbindableError:
            made.dropped["unbindable"] += 1
    return made


make_bindings = define_stage(BindingsSpec, Binding.table, _work)
