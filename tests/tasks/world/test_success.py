import random
from collections.abc import Iterable

import pytest

from schemas.base import JsonObject, JsonValue
from schemas.catalogue import load_catalogue, load_seed_chains
from schemas.incidents import Incident
from schemas.messages import ToolCall
from schemas.rows import StepGoal
from tasks.world import World, check, done_steps, draw_goal, record, run_plan

SEED = 5
CHAIN = ("Search.web_search", "Communication.send_email")
TOOLS = ("lumenfind_web_search", "postbird_send_email")
CHAINS = sorted({chain.capabilities for chain in load_seed_chains()})[::4]


@pytest.fixture
def steps() -> tuple[StepGoal, ...]:
    return draw_goal(CHAIN, TOOLS, SEED, random.Random(SEED))


def _calls(steps: tuple[StepGoal, ...], seed: int = SEED) -> list[ToolCall]:
    return [done.call for done in run_plan(steps, seed, binding="b", slot="s").steps]


def _failures(steps: tuple[StepGoal, ...], calls: Iterable[ToolCall]) -> tuple[str, ...]:
    world = World(SEED)
    for call in calls:
        world.call(call)
    return check(world, steps)


def _with(call: ToolCall, **arguments: JsonValue) -> ToolCall:
    return call.model_copy(update={"arguments": call.arguments | arguments})


def test_the_plan_itself_succeeds(steps: tuple[StepGoal, ...]) -> None:
    """The scripted calls do what was asked."""
    assert _failures(steps, _calls(steps)) == ()


def test_doing_nothing_fails(steps: tuple[StepGoal, ...]) -> None:
    """An empty log names the first step that was not done."""
    assert _failures(steps, ()) == ("step 1 (Search.web_search): no call does it as asked",)


def test_stopping_half_way_fails(steps: tuple[StepGoal, ...]) -> None:
    """The step that is missing is named."""
    (failure,) = _failures(steps, _calls(steps)[:1])
    assert failure.startswith("step 2 (Communication.send_email)")


def test_sending_twice_fails(steps: tuple[StepGoal, ...]) -> None:
    """The right thing done twice is one thing too many."""
    search, send = _calls(steps)
    assert _failures(steps, (search, send, send)) == ("postbird_send_email: done twice",)


def test_sending_something_else_as_well_fails(steps: tuple[StepGoal, ...]) -> None:
    """A change that belongs to no step was not asked for."""
    search, send = _calls(steps)
    more = _with(send, to="someone.else@example.com")
    assert _failures(steps, (search, send, more)) == ("postbird_send_email: unasked",)


def test_an_unasked_change_by_another_tool_fails(steps: tuple[StepGoal, ...]) -> None:
    """Also a distractor tool must not change anything."""
    arguments: JsonObject = {"text": "An idea of my own"}
    post = ToolCall(id="p", name="flitter_publish_post", arguments=arguments)
    assert _failures(steps, (*_calls(steps), post)) == ("flitter_publish_post: unasked",)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("to", "someone.else@example.com"),
        ("subject", "Another subject"),
        ("body", "Something else"),
        ("priority", "high"),
    ],
)
def test_a_wrong_value_fails(steps: tuple[StepGoal, ...], parameter: str, value: str) -> None:
    """A value that was altered or invented is not what was asked."""
    search, send = _calls(steps)
    (failure,) = _failures(steps, (search, _with(send, **{parameter: value})))
    assert failure.startswith("step 2")


def test_a_text_without_the_fact_fails(steps: tuple[StepGoal, ...]) -> None:
    """What the search found has to be in the message."""
    search, send = _calls(steps)
    assert _failures(steps, (search, _with(send, body=steps[1].values["body"])))


def test_using_a_fact_before_it_was_found_fails(steps: tuple[StepGoal, ...]) -> None:
    """The message comes after the search that it rests on."""
    search, send = _calls(steps)
    assert _failures(steps, (send, search))


def test_reading_more_is_fine(steps: tuple[StepGoal, ...]) -> None:
    """A search too many, a refused call and a search with another limit do no harm."""
    search, send = _calls(steps)
    nowhere = ToolCall(id="n", name="nope", arguments={})
    other = _with(search, query="harbor", limit=2)
    assert _failures(steps, (other, search, nowhere, search, send, search)) == ()


def test_leaving_a_default_out_or_writing_it_down_is_the_same(
    steps: tuple[StepGoal, ...],
) -> None:
    """An optional parameter at its default changes nothing about a call."""
    search, send = _calls(steps)
    assert _failures(steps, (_with(search, limit=2), _with(send, priority="normal"))) == ()


def test_a_writer_may_close_a_sentence_and_connect_parts(steps: tuple[StepGoal, ...]) -> None:
    """A full stop, a line break or a few words between text and fact are the writer's own."""
    search, send = _calls(steps)
    fact = str(send.arguments["body"]).removeprefix(f"{steps[1].values['body']} ")
    body = f"{steps[1].values['body']}.\n\nWhat I found: {fact}."
    assert _failures(steps, (search, _with(send, body=body))) == ()


def test_a_long_text_of_ones_own_fails(steps: tuple[StepGoal, ...]) -> None:
    """Words that nobody asked for are no connection any more."""
    search, send = _calls(steps)
    body = f"{send.arguments['body']} {'and more of my own ' * 6}"
    assert _failures(steps, (search, _with(send, body=body)))


def test_another_tool_of_the_capability_does_as_well(steps: tuple[StepGoal, ...]) -> None:
    """What counts is the capability, not which provider did it."""
    search, send = _calls(steps)
    arguments: JsonObject = {
        "recipient": send.arguments["to"],
        "headline": send.arguments["subject"],
        "text": send.arguments["body"],
    }
    other = ToolCall(id="o", name="larkmail-send-letter", arguments=arguments)
    assert _failures(steps, (search, other)) == ()


@pytest.mark.parametrize("capabilities", CHAINS, ids="+".join)
def test_no_seed_chain_is_done_by_less_or_more(capabilities: tuple[str, ...]) -> None:
    """For seed chains: nothing, a prefix and a repeated change all fail."""
    catalogue = load_catalogue()
    tools = [catalogue.tools_for(name)[0].name for name in capabilities]
    steps = draw_goal(capabilities, tools, SEED, random.Random(SEED))
    calls = _calls(steps)
    assert _failures(steps, ())
    assert _failures(steps, calls[:-1])
    world = World(SEED)
    changing = [call for call in calls if world.call(call).changes]
    assert check(world, steps) == ()
    for call in changing:
        again = World(SEED)
        repeated = [again.call(each) for each in (*calls, call)][-1]
        assert check(again, steps) or not repeated.ok


def test_a_call_made_again_after_a_fault_is_done_once(steps: tuple[StepGoal, ...]) -> None:
    """What the fault kept from being done is neither done nor done twice."""
    fault = Incident(at=1, kind="fault", code="timed_out")
    world = World(SEED, incidents=(fault,))
    search, send = _calls(steps)
    told = [world.call(call).incident for call in (search, send, send)]
    assert told == ["", "fault", ""]
    assert check(world, steps) == ()


def test_a_note_on_a_result_does_not_hide_what_was_found(steps: tuple[StepGoal, ...]) -> None:
    """A later step takes from a result with a note what it takes from one without."""
    world = World(SEED, incidents=(Incident(at=0, kind="reveal", text="For the neighbour."),))
    for call in _calls(steps):
        world.call(call)
    assert world.log[0].incident == "reveal"
    assert check(world, steps) == ()


def test_a_part_of_a_goal_is_any_of_its_steps_and_nothing_else(
    steps: tuple[StepGoal, ...],
) -> None:
    """Nothing, a first step and all of them are parts; a changed or invented step is not."""
    search, send = _calls(steps)
    assert _part(steps, ()) == ((), ())
    assert _part(steps, (search,)) == ((0,), ())
    assert _part(steps, (search, send)) == ((0, 1), ())
    altered = _with(send, subject="Another subject")
    assert _part(steps, (search, altered)) == ((0,), ("postbird_send_email: unasked",))
    assert _part(steps, (search, send, send)) == ((0, 1), ("postbird_send_email: done twice",))


def test_a_step_without_what_it_takes_is_no_part(steps: tuple[StepGoal, ...]) -> None:
    """A message that rests on a search which was not made was not asked for."""
    _, send = _calls(steps)
    assert _part(steps, (send,)) == ((), ("postbird_send_email: unasked",))


def test_steps_that_take_nothing_from_one_left_out_are_a_part() -> None:
    """The first step is left out, and with it the third, which takes from it."""
    capabilities = ("Communication.send_sms", "Search.web_search", "Communication.send_email")
    tools = [load_catalogue().tools_for(name)[0].name for name in capabilities]
    steps = draw_goal(capabilities, tools, SEED, random.Random(SEED))
    _, search, send = _calls(steps)
    assert _part(steps, (search, send)) == ((1, 2), ())
    assert _part(steps, (search,)) == ((1,), ())


def _part(
    steps: tuple[StepGoal, ...], calls: Iterable[ToolCall]
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the steps that calls did, and what speaks against them as a part."""
    world = World(SEED)
    for call in calls:
        world.call(call)
    execution = record(world, steps, binding="b", slot="s", aim="part")
    assert execution.done == done_steps(world, steps)
    assert execution.failures == check(world, steps, "part")
    assert execution.success == (not execution.failures)
    return execution.done, execution.failures


def test_many_reads_alike_cost_no_time() -> None:
    """A goal that was missed is checked at once, however often its first steps were done."""
    capabilities = ("Search.web_search", "Social.search_content", "Ecommerce.search_products",
                    "LocalServices.search_merchant", "Communication.send_email")  # fmt: skip
    tools = [load_catalogue().tools_for(name)[0].name for name in capabilities]
    steps = draw_goal(capabilities, tools, SEED, random.Random(SEED))
    *reads, _ = _calls(steps)
    assert _part(steps, reads * 30) == ((0, 1, 2, 3), ())


@pytest.mark.parametrize("capabilities", CHAINS, ids="+".join)
def test_every_beginning_of_a_plan_is_a_part(capabilities: tuple[str, ...]) -> None:
    """For seed chains: the first n calls do the first n steps, and nothing unasked."""
    tools = [load_catalogue().tools_for(name)[0].name for name in capabilities]
    steps = draw_goal(capabilities, tools, SEED, random.Random(SEED))
    calls = _calls(steps)
    for made in range(len(calls) + 1):
        assert _part(steps, calls[:made]) == (tuple(range(made)), ())


def test_a_harmful_requests_record_has_no_steps(steps: tuple[StepGoal, ...]) -> None:
    """A world in which nothing was called still says where it stands."""
    execution = record(World(SEED), steps, binding="b", slot="s")
    assert execution.steps == ()
    assert execution.done == ()
    assert execution.initial_digest == execution.final_digest
    assert not execution.success
