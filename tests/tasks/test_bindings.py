"""Bindings: drawn from the chain's id and sample alone."""

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.catalogue import load_catalogue, load_seed_chains, load_system_prompts
from schemas.params import BuildParams
from schemas.rows import Binding
from tasks.bindings import (
    bind,
    draft,
    draw_distractors,
    draw_system_prompt,
    draw_tools,
    make_bindings,
)
from tasks.doors.cache import Partition
from tests.tasks.samples import (
    binding,
    chain,
    goal_of,
    open_sample_run,
    put,
    spec_of_bindings,
)

CATALOGUE = load_catalogue()
CHAINS = st.integers(0, len(load_seed_chains()) - 1)
CAPABILITIES = st.lists(st.sampled_from(sorted(CATALOGUE.capabilities)), min_size=1, max_size=5)
SEEDS = st.integers(0, 2**32).map(random.Random)


async def test_a_binding_is_the_same_whatever_other_chains_exist(tmp_path: Path) -> None:
    """A chain bound alone and among others gives the same rows."""
    chains = [chain(number) for number in range(6)]
    spec = spec_of_bindings()
    async with open_sample_run(tmp_path, BuildParams()) as context:
        alone = await make_bindings.fn(spec, await put(context, chains[4]), Partition())
        among = await make_bindings.fn(spec, await put(context, *chains), Partition())
        own = await context.store.rows(Binding, [alone])
        found = await context.store.rows(Binding, [among])
    assert len(own) == len(spec.samples)
    assert own == [row for row in found if row.chain == chains[4].id]


async def test_parts_of_a_stage_make_its_rows(tmp_path: Path) -> None:
    """Three parts hold together what one run makes, and nothing twice."""
    spec = spec_of_bindings()
    async with open_sample_run(tmp_path, BuildParams()) as context:
        upstream = await put(context, *(chain(number) for number in range(9)))
        whole = await make_bindings.fn(spec, upstream, Partition())
        parts = [
            await make_bindings.fn(spec, upstream, Partition(index=n, count=3)) for n in range(3)
        ]
        assert await context.store.rows(Binding, parts) == await context.store.rows(
            Binding, [whole]
        )
    assert sum(part.rows for part in parts) == whole.rows
    assert sum(part.rows_in for part in parts) == whole.rows_in


@settings(max_examples=30, deadline=None)
@given(CHAINS)
def test_a_binding_differs_by_sample(number: int) -> None:
    """Another sample has another world, goal and id; the same one is the same."""
    one, again, other = binding(number, 0), binding(number, 0), binding(number, 1)
    assert one == again
    assert one.id != other.id
    assert one.world_seed != other.world_seed
    assert (one.slot, other.slot) == (f"{chain(number).slot}/0", f"{chain(number).slot}/1")


@settings(max_examples=30, deadline=None)
@given(CHAINS, st.integers(0, 20))
def test_a_binding_offers_its_tools_and_no_other_way_to_do_the_chain(
    number: int, sample: int
) -> None:
    """Every step has a tool of its capability; every other tool offered is a distractor."""
    row, capabilities = binding(number, sample), chain(number).capabilities
    own = [step.tool for step in row.steps]
    assert tuple(CATALOGUE.tools[name].capability for name in own) == capabilities
    assert sorted(row.tool_order) == sorted({*own, *row.distractors})
    offered = Counter(CATALOGUE.tools[name].capability for name in row.tool_order)
    assert all(offered[capability] == 1 for capability in capabilities)


@given(CAPABILITIES, SEEDS)
def test_equal_capabilities_get_the_same_tool(names: list[str], rng: random.Random) -> None:
    """A chain that does something twice does it with one tool."""
    tools = draw_tools(names, CATALOGUE, rng)
    assert [CATALOGUE.tools[tool].capability for tool in tools] == names
    assert len(set(zip(names, tools, strict=True))) == len(set(names))


@given(CAPABILITIES, st.integers(0, 5), st.integers(0, 5), SEEDS)
def test_distractors_never_implement_a_capability_of_the_chain(
    names: list[str], least: int, more: int, rng: random.Random
) -> None:
    """They are different tools, as many as the bounds allow."""
    drawn = draw_distractors(names, CATALOGUE, (least, least + more), rng)
    assert least <= len(drawn) <= least + more
    assert len(set(drawn)) == len(drawn)
    assert not {CATALOGUE.tools[name].capability for name in drawn} & set(names)


def test_system_prompts_follow_their_weights() -> None:
    """Shares of 2,000 draws lie near the weights; a weight of nothing is never drawn."""
    weights = {"none": 5.0, "short": 3.0, "policy": 2.0, "own": 0.0}
    rng = random.Random(1)
    drawn = Counter(draw_system_prompt(weights, None, rng)[0] for _ in range(2000))
    assert drawn["own"] == 0
    assert all(abs(drawn[n] / 2000 - w / 10) < 0.04 for n, w in weights.items())


@pytest.mark.parametrize("name", ["none", "short", "policy"])
def test_a_system_prompt_is_one_of_its_texts(name: str) -> None:
    """An entry without texts means no system message."""
    texts = next(prompt.texts for prompt in load_system_prompts() if prompt.name == name)
    drawn = draw_system_prompt({name: 1.0}, None, random.Random(2))
    assert drawn[0] == name
    assert drawn[1] in (texts or (None,))


def test_the_users_own_system_prompt_is_taken_as_it_is() -> None:
    """With all weight on it, every binding has it."""
    assert draw_system_prompt({"own": 1.0}, "Be brief.", random.Random(3)) == ("own", "Be brief.")


def test_other_system_prompts_change_nothing_else() -> None:
    """The goal, the world and the tools of a binding don't depend on its system prompt."""
    spec = spec_of_bindings(system_prompts={"own": 1.0}, own_system_prompt="Be brief.")
    drawn = draft(chain(2), 0, spec, CATALOGUE)
    own, plain = bind(chain(2), 0, drawn, goal_of(chain(2), drawn)), binding(2, 0)
    changed = {"id", "system_prompt", "system_prompt_name"}
    assert own.model_dump(exclude=changed) == plain.model_dump(exclude=changed)
    assert own.id != plain.id


def test_another_seed_is_another_world() -> None:
    """The build's seed is in every draw."""
    other = draft(chain(2), 0, spec_of_bindings(seed=1), CATALOGUE)
    assert other.world_seed != binding(2, 0).world_seed
