import random
import subprocess
import sys

import pytest

from schemas.messages import ToolCall
from schemas.rows import CallResult
from tasks.world import World, draw_goal, names, run_plan, world_code
from tasks.world.groups import GROUPS
from tasks.world.state import State

SCRIPT = """
import random
from tasks.world import draw_goal, run_plan, world_code
steps = draw_goal({capabilities}, {tools}, 11, random.Random(5))
print(run_plan(steps, 11, binding="b", slot="s").model_dump_json(), world_code(None))
"""
CHAIN = ("Social.search_content", "Social.get_profile", "Communication.send_email")
TOOLS = ("peeplFindContent", "peeplMember", "larkmail-send-letter")


def _email(text: str, to: str = "mira@example.com") -> ToolCall:
    arguments = {"to": to, "subject": "Plan", "body": text}
    return ToolCall(id="call_1", name="postbird_send_email", arguments=dict(arguments))


def test_equal_seeds_and_calls_give_equal_worlds() -> None:
    """Two worlds of one seed stay equal, byte for byte, under the same calls."""
    one, other = World(4), World(4)
    assert one.call(_email("Ready")) == other.call(_email("Ready"))
    assert (one.digest(), one.now()) == (other.digest(), other.now())


def test_worlds_of_different_seeds_differ() -> None:
    """A seed decides what a world holds."""
    assert len({World(seed).digest() for seed in range(20)}) == 20


def test_a_call_takes_a_minute_and_is_logged() -> None:
    """The clock moves with the log, refused calls included."""
    world = World(1)
    before = world.clock
    done = world.call(ToolCall(id="x", name="nobody", arguments={}))
    assert (world.clock, world.log) == (before + 1, [done])


def test_a_refused_call_leaves_no_change() -> None:
    """A refusal is an observation: the digest stays and nothing is noted."""
    world = World(2)
    before = world.digest()
    done = world.call(_email("Ready", to="mira@real.invalid"))
    assert isinstance(done.result, dict)
    assert (done.ok, done.changes, world.digest()) == (False, (), before)


def test_a_successful_call_says_what_changed() -> None:
    """What a call changes shows in its changes and in the digest."""
    world = World(2)
    before = world.digest()
    done = world.call(_email("Ready"))
    assert done.ok
    assert len(done.changes) == 1
    assert world.digest() != before


def test_an_observation_does_not_change_later() -> None:
    """Results are copies: what was observed stays as it was seen."""
    world = World(3)
    done: CallResult = world.call(_email("Ready"))
    seen = done.model_dump_json()
    for record in world.table("emails").values():
        record["id"] = "other"
    assert done.model_dump_json() == seen


def test_ids_count_per_prefix() -> None:
    """The nth id of a prefix is the same in every state of a seed."""
    one, other = State(9), State(9)
    other.new_id("else")
    assert [one.new_id("msg"), one.new_id("msg")] == [other.new_id("msg"), other.new_id("msg")]
    assert one.new_id("msg") != other.new_id("else")


def test_every_group_seeds_something_of_its_own() -> None:
    """Each group fills tables from its own generator, whatever the other groups draw."""
    for name, group in GROUPS.items():
        state = State(6)
        state.reseed("seed", name)
        group.seed(state)
        full = World(6)
        own = {table: rows for table, rows in state.tables.items() if rows}
        assert own
        assert all(rows.items() <= full.tables[table].items() for table, rows in own.items())


@pytest.mark.parametrize("hash_seed", ["0", "77"])
def test_another_process_makes_the_same_bytes(hash_seed: str) -> None:
    """Execution and code digest don't depend on the process or its hash seed."""
    script = SCRIPT.format(capabilities=CHAIN, tools=TOOLS)
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    steps = draw_goal(CHAIN, TOOLS, 11, random.Random(5))
    execution = run_plan(steps, 11, binding="b", slot="s")
    assert run.stdout.strip() == f"{execution.model_dump_json()} {world_code(None)}"


def test_composed_texts_can_be_stated_in_a_request() -> None:
    """Texts have no quotes, braces or breaks, start and end with a letter or digit, vary."""
    rng = random.Random(0)
    texts = [make(rng) for _ in range(400) for make in (names.sentence, names.lead, names.title)]
    assert all(text[0].isalnum() and text[-1].isalnum() for text in texts)
    assert not any(set(text) & set("\"'“”{}\n") for text in texts)
    assert len(set(texts)) > 0.98 * len(texts)


def test_bodies_have_a_natural_length() -> None:
    """A body has 8 to 25 words."""
    rng = random.Random(1)
    lengths = [len(make(rng).split()) for _ in range(500) for make in (names.sentence, names.lead)]
    assert min(lengths) >= 8
    assert max(lengths) <= 25


def test_people_and_places_are_reserved_ones() -> None:
    """Mail goes to reserved domains, numbers are 555-01xx."""
    rng = random.Random(2)
    for _ in range(200):
        assert names.email(rng).endswith((".example", *names.DOMAINS))
        assert "-555-01" in names.phone(rng)
