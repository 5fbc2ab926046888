import itertools
import random
from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schemas.actions import Tool
from schemas.base import JsonValue
from schemas.catalogue import load_catalogue, load_seed_chains
from schemas.dataflow import BrokenFlowError, capabilities_of, stated_needs, wire, yielded
from schemas.rows import CallResult, Execution, StepGoal
from tasks.world import UnbindableError, draw_goal, run_plan, world_code
from tasks.world.code import SHARED

SEEDS = range(20)
FEW_SEEDS = range(5)
CHAINS: list[tuple[str, ...]] = sorted({chain.capabilities for chain in load_seed_chains()})
FORBIDDEN = set('"“”{}\n\r')
FACT_LENGTH = 80


def _standing_alone() -> list[str]:
    catalogue = load_catalogue()
    found = []
    for tool in catalogue.tools.values():
        try:
            wire([catalogue.capabilities[tool.capability]])
        except BrokenFlowError:
            continue
        found.append(tool.name)
    return sorted(found)


def _bound(capabilities: Sequence[str], seed: int) -> tuple[tuple[StepGoal, ...], Execution]:
    rng = random.Random(f"{seed} {capabilities}")
    catalogue = load_catalogue()
    tools = [rng.choice(catalogue.tools_for(name)).name for name in capabilities]
    steps = draw_goal(capabilities, tools, seed, rng)
    return steps, run_plan(steps, seed, binding="b", slot="s")


@pytest.mark.parametrize("capabilities", CHAINS, ids="+".join)
def test_every_seed_chain_reaches_success(capabilities: tuple[str, ...]) -> None:
    """Plans drawn for the hand-written chains work in 20 worlds, whichever tools are drawn."""
    for seed in SEEDS:
        _, execution = _bound(capabilities, seed)
        assert execution.success, (execution.failures, execution.steps[-1].result)


@pytest.mark.parametrize("name", _standing_alone())
def test_every_tool_reaches_success_where_it_can_stand_alone(name: str) -> None:
    """Each tool does its capability in five worlds."""
    capability = load_catalogue().tools[name].capability
    for seed in FEW_SEEDS:
        steps = draw_goal((capability,), (name,), seed, random.Random(seed))
        execution = run_plan(steps, seed, binding="b", slot="s")
        assert execution.success, (execution.failures, execution.steps[-1].result)


@pytest.mark.parametrize("capabilities", CHAINS[::3], ids="+".join)
def test_stated_values_can_be_stated_to_the_letter(capabilities: tuple[str, ...]) -> None:
    """Values are exactly the stated needs; texts have no quotes, braces or ragged ends."""
    catalogue = load_catalogue()
    steps, _ = _bound(capabilities, 1)
    wiring = wire(capabilities_of(catalogue, capabilities))
    for step, inputs in zip(steps, wiring, strict=True):
        needs = stated_needs(catalogue.capabilities[step.capability], inputs)
        assert list(step.values) == [need.name for need in needs]
        assert all(_statable(value) for value in step.values.values()), step.values


def _statable(value: JsonValue) -> bool:
    if not isinstance(value, str):
        return isinstance(value, int | float) and value > 0
    # a path may start with a slash
    ends = value.lstrip("/~")[:1] + value[-1:]
    return ends.isalnum() and not set(value) & FORBIDDEN


@pytest.mark.parametrize("capabilities", CHAINS[::3], ids="+".join)
def test_facts_are_short_and_results_small(capabilities: tuple[str, ...]) -> None:
    """What is found fits into a message, what is observed into a trainer's window."""
    steps, execution = _bound(capabilities, 2)
    catalogue = load_catalogue()
    for step, done in zip(steps, execution.steps, strict=True):
        fact = _fact(catalogue.tools[step.tool], done)
        assert fact is None or 0 < len(fact) <= FACT_LENGTH
        assert len(done.model_dump_json()) < 3000


def _fact(tool: Tool, done: CallResult) -> str | None:
    value = yielded(tool, done.result).get("fact")
    return None if value is None else str(value)


@given(st.lists(st.sampled_from(sorted(load_catalogue().capabilities)), min_size=1, max_size=5))
@settings(max_examples=20, deadline=None)
def test_every_chain_that_flows_reaches_success(capabilities: list[str]) -> None:
    """Whatever a model proposes: if its steps can be fed, a plan does it in each of 20 worlds."""
    try:
        wire(capabilities_of(load_catalogue(), capabilities))
    except BrokenFlowError:
        assume(False)
    for seed in SEEDS:
        try:
            _, execution = _bound(capabilities, seed)
        except UnbindableError:
            continue  # a world may hold too little for a step that is asked for again
        assert execution.success, (execution.failures, execution.steps[-1].result)


USED_BY_WHAT_FOLLOWS = (
    ("Crypto.create_wallet", "Crypto.swap_tokens", "Crypto.query_data"),
    ("Crypto.create_wallet", "Crypto.swap_bnb", "Crypto.transfer_cross_chain"),
    ("Crypto.deploy_contract", "Crypto.interact_contract"),
    ("Payments.create_payment", "Payments.query_payment"),
    ("Crypto.create_bitcoin_payment", "Payments.query_payment"),
    ("Search.web_search", "System.make_request", "System.manage_files"),
    ("Ecommerce.search_products", "Ecommerce.create_order", "Payments.create_payment"),
    ("LocalServices.search_merchant", "LocalServices.create_order", "Payments.create_payment"),
    ("Social.search_content", "Social.get_profile", "Social.create_comment"),
    ("AI.create_image", "AI.edit_image", "Social.create_post"),
    ("Social.create_video", "Social.upload_video", "Social.create_comment"),
)


@pytest.mark.parametrize("capabilities", USED_BY_WHAT_FOLLOWS, ids="+".join)
def test_what_a_step_makes_every_tool_of_the_next_can_use(capabilities: tuple[str, ...]) -> None:
    """Each combination of providers goes through: there are no dead ends."""
    catalogue = load_catalogue()
    choices = [[tool.name for tool in catalogue.tools_for(name)] for name in capabilities]
    for number, tools in enumerate(itertools.product(*choices)):
        steps = draw_goal(capabilities, tools, number, random.Random(number))
        execution = run_plan(steps, number, binding="b", slot="s")
        assert execution.success, (tools, execution.failures)
        assert any(step.inputs for step in steps)


def test_goals_are_drawn_from_seed_and_generator_alone() -> None:
    """The same generator draws the same goal; another draws another."""
    capabilities = ("Search.web_search", "Communication.send_email")
    assert _bound(capabilities, 3) == _bound(capabilities, 3)
    assert _bound(capabilities, 3)[0] != _bound(capabilities, 4)[0]


def test_goals_of_many_bindings_rarely_repeat() -> None:
    """A thousand draws of one message give almost as many different texts."""
    tools = ("textwren_send_sms",)
    drawn = [
        draw_goal(("Communication.send_sms",), tools, seed, random.Random(seed))[0]
        for seed in range(300)
    ]
    assert len({str(step.values) for step in drawn}) == 300
    assert len({str(step.values["text"]) for step in drawn}) > 295


def test_repeated_steps_ask_for_different_things() -> None:
    """A capability that occurs twice gets two different goals."""
    tools = ("peeplMember", "peeplMember")
    for seed in range(20):
        one, other = draw_goal(("Social.get_profile",) * 2, tools, seed, random.Random(seed))
        assert one.values != other.values


def test_a_chain_that_does_not_flow_is_unbindable() -> None:
    """A comment without a post to comment on is refused with the reason."""
    with pytest.raises(UnbindableError, match="needs a post first"):
        draw_goal(("Social.create_comment",), ("peeplReply",), 1, random.Random(1))


def test_a_plan_stops_at_the_first_refusal() -> None:
    """A goal that does not fit its world yields a failed execution, not an exception."""
    steps = draw_goal(("AI.edit_image",) * 2, ("darkroomRetouch",) * 2, 1, random.Random(1))
    lost = steps[0].model_copy(update={"values": steps[0].values | {"image": "none.png"}})
    execution = run_plan((lost, steps[1]), 1, binding="b", slot="s")
    assert (execution.success, len(execution.steps)) == (False, 1)
    assert execution.failures == ("step 1 (AI.edit_image): no call does it as asked",)


def test_an_execution_says_where_it_started_and_what_it_ran_on() -> None:
    """Digests before and after, the code's digest and every call are on the record."""
    steps, execution = _bound(("Communication.send_email",), 1)
    again = run_plan(steps, 1, binding="b", slot="s")
    elsewhere = run_plan(steps, 1, binding="b", slot="t")
    assert execution.world_code == world_code(None)
    assert execution.initial_digest != execution.final_digest
    assert execution == again
    assert execution.id != elsewhere.id


def test_the_code_digest_covers_what_fills_arguments() -> None:
    """The rules of dataflow and the capabilities are part of the world's code."""
    assert "dataflow.py" in SHARED
    assert "data/capabilities.yaml" in SHARED
