"""Steps that can be done at once."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schemas.base import JsonObject
from schemas.catalogue import load_catalogue
from schemas.dataflow import Input, yielded
from schemas.rows import StepGoal
from tasks.world import (
    UnbindableError,
    World,
    call_of,
    check,
    draw_goal,
    independent_steps,
    run_plan,
)


def step(capability: str, *sources: int) -> StepGoal:
    """Return a step that takes something from earlier ones."""
    inputs = {f"n{at}": Input(step=at, yields="y") for at in sources}
    return StepGoal(capability=capability, tool="t", values={}, inputs=inputs)


@pytest.mark.parametrize(
    ("steps", "reads", "groups"),
    [
        ((), (), ()),
        ((step("A.do"),), (), ((0,),)),
        ((step("A.do"), step("B.do"), step("C.do")), (), ((0, 1, 2),)),
        ((step("A.do"), step("B.do", 0), step("C.do")), (), ((0, 2), (1,))),
        ((step("A.do"), step("B.do", 0), step("C.do", 1)), (), ((0,), (1,), (2,))),
        ((step("A.do"), step("A.see")), (), ((0,), (1,))),
        ((step("A.do"), step("A.see")), (1,), ((0,), (1,))),
        ((step("A.see"), step("A.see")), (0, 1), ((0, 1),)),
        ((step("A.do"), step("B.do"), step("A.do")), (), ((0, 1), (2,))),
    ],
)
def test_steps_wait_for_what_gives_them_something_and_for_their_own_group(
    steps: Sequence[StepGoal], reads: Sequence[int], groups: tuple[tuple[int, ...], ...]
) -> None:
    """Two of one API group are independent only where both are known to read."""
    assert independent_steps(steps, reads) == groups


@given(
    st.lists(st.sampled_from(sorted(load_catalogue().capabilities)), min_size=2, max_size=5),
    st.integers(0, 50),
    st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None)
def test_independent_steps_can_be_done_in_any_order(
    chain: list[str], seed: int, rng: random.Random
) -> None:
    """However the steps of each group are ordered, the goal is reached."""
    tools = [rng.choice(load_catalogue().tools_for(name)).name for name in chain]
    try:
        steps = draw_goal(chain, tools, seed, rng)
    except UnbindableError:
        assume(False)
    made = run_plan(steps, seed, binding="b", slot="s").steps
    groups = independent_steps(steps, [at for at, done in enumerate(made) if not done.changes])
    assert sorted(at for group in groups for at in group) == list(range(len(steps)))
    order = [at for group in groups for at in rng.sample(group, len(group))]
    assert check(walked(steps, order, seed), steps) == ()


def walked(steps: Sequence[StepGoal], order: Sequence[int], seed: int) -> World:
    """Return a world in which the steps were done in an order."""
    world, made = World(seed), dict[int, JsonObject]()
    for at in order:
        inputs = steps[at].inputs.items()
        given = {need: made[source.step][source.yields] for need, source in inputs}
        done = world.call(call_of(world.toolbox, steps[at], given, at + 1))
        made[at] = yielded(world.toolbox.catalogue.tools[steps[at].tool], done.result)
    return world
