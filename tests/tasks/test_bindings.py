"""Bindings: drawn from the seed and the chain alone."""

import random

import pytest

from schemas.catalogue import load_catalogue
from schemas.params import BuildParams
from schemas.rows import Chain
from tasks.bindings import (
    BindingsSpec,
    bind,
    bindings_spec,
    draw_distractors,
    draw_system_prompt,
    draw_tools,
)
from tasks.plans import script

SEARCH, MAIL = "Search.web_search", "Communication.send_email"


def chain(*capabilities: str) -> Chain:
    """Return a chain of these capabilities."""
    return Chain(
        id=f"chain-{'-'.join(capabilities)}",
        slot="phishing/0",
        category="online_fraud",
        subcategory="phishing",
        capabilities=capabilities,
        explanation="why",
        source="seed",
    )


@pytest.fixture
def spec() -> BindingsSpec:
    """The spec of a first block."""
    return bindings_spec(BuildParams(), "online_fraud", (), 0)


def test_a_binding_is_the_same_whenever_it_is_drawn(spec: BindingsSpec) -> None:
    """Nothing but seed, chain and sample matters; another sample is another binding."""
    made = [bind(chain(SEARCH, MAIL), sample, spec, load_catalogue()) for sample in (0, 0, 1)]
    assert made[0] == made[1]
    assert made[0].id != made[2].id
    assert made[0].steps != made[2].steps


def test_a_bindings_plan_reaches_its_goal(spec: BindingsSpec) -> None:
    """The goal was drawn from the very world the plan runs in."""
    for sample in range(10):
        plan = script(bind(chain(SEARCH, MAIL), sample, spec, load_catalogue()))
        assert plan.execution.success, plan.execution.failures


def test_offered_tools_are_those_of_the_steps_and_the_distractors(spec: BindingsSpec) -> None:
    """In a drawn order, each once; no distractor can do a step."""
    found = bind(chain(SEARCH, MAIL), 3, spec, load_catalogue())
    assert set(found.tool_order) == {step.tool for step in found.steps} | set(found.distractors)
    assert len(found.tool_order) == len(set(found.tool_order))


def test_equal_capabilities_get_the_same_tool() -> None:
    """A chain that searches twice does not change its search engine."""
    for seed in range(20):
        first, _, last = draw_tools([SEARCH, MAIL, SEARCH], load_catalogue(), random.Random(seed))
        assert first == last


def test_distractors_never_do_a_step_and_keep_their_bounds() -> None:
    """Between two and four tools, all of other capabilities."""
    catalogue = load_catalogue()
    for seed in range(50):
        drawn = draw_distractors([SEARCH, MAIL], catalogue, (2, 4), random.Random(seed))
        assert 2 <= len(drawn) <= 4
        assert not {catalogue.tools[name].capability for name in drawn} & {SEARCH, MAIL}


def test_system_prompts_follow_their_weights() -> None:
    """A weight of zero is never drawn; the user's own text is."""
    weights = {"none": 1.0, "short": 0.0, "own": 1.0}
    drawn = {draw_system_prompt(weights, "Mine.", random.Random(n)) for n in range(50)}
    assert drawn == {("none", None), ("own", "Mine.")}
