"""Calls that incidents happen to, beside the same calls in a world where nothing happens."""

import random
from functools import cache

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from schemas.base import JsonObject
from schemas.catalogue import load_catalogue, load_seed_chains
from schemas.incidents import Incident
from schemas.messages import ToolCall
from tasks.world import World, draw_goal, run_plan
from tasks.world.incidents import FAULTS, with_note
from tasks.world.worker.jobs import relive
from tests.tasks.world.machines.checked import checked_call

CHAINS = sorted({chain.capabilities for chain in load_seed_chains()})[::6]
FAULTS_AT = st.builds(
    Incident, at=st.integers(0, 8), kind=st.just("fault"), code=st.sampled_from(sorted(FAULTS))
)
NOTES_AT = st.builds(
    Incident, at=st.integers(0, 8), kind=st.just("reveal"), text=st.sampled_from(["a", "b"])
)


@cache
def sound_calls(seed: int) -> tuple[ToolCall, ...]:
    """Return calls that work in a world of the seed, at least while it is new."""
    made = []
    for chain in CHAINS:
        tools = [load_catalogue().tools_for(name)[0].name for name in chain]
        steps = draw_goal(chain, tools, seed, random.Random(seed))
        made += [done.call for done in run_plan(steps, seed, binding="b", slot="s").steps]
    return tuple(made)


class Incidents(RuleBasedStateMachine):
    """Whatever is planned, a call that is made until no fault strikes it comes to the same."""

    @initialize(
        seed=st.integers(0, 3), planned=st.lists(st.one_of(FAULTS_AT, NOTES_AT), max_size=5)
    )
    def start(self, seed: int, planned: list[Incident]) -> None:
        """A world with incidents and one without."""
        self.world, self.plain = World(seed, incidents=planned), World(seed)

    @rule(pick=st.integers(0, 500))
    def call(self, pick: int) -> None:
        """A struck call changes nothing; made again it has the other's result, but for a note."""
        made = sound_calls(self.world.seed)[pick % len(sound_calls(self.world.seed))]
        done = checked_call(self.world, made.name, made.arguments)
        while done.incident == "fault":
            assert self.world.now() == self.plain.now()
            done = checked_call(self.world, made.name, made.arguments)
        other = checked_call(self.plain, made.name, made.arguments)
        assert (done.ok, done.changes) == (other.ok, other.changes)
        texts = {i.text for i in self.world.incidents if i.kind == "reveal"}
        noted = [with_note(other.result, text) for text in texts]
        assert done.result in noted if done.incident else done.result == other.result

    @rule(arguments=st.dictionaries(st.sampled_from(["query", "to"]), st.integers(), min_size=1))
    def talk_nonsense(self, arguments: JsonObject) -> None:
        """What is no sound call is not struck."""
        for world in (self.world, self.plain):
            assert checked_call(world, "postbird_send_email", arguments).incident == ""

    @invariant()
    def the_worlds_are_the_same(self) -> None:
        """State and time don't tell that something happened."""
        assert self.world.digest() == self.plain.digest()
        assert self.world.now() == self.plain.now()

    @invariant()
    def what_was_planned_happened(self) -> None:
        """Each fault struck at its place, once."""
        succeeded = sum(done.ok for done in self.world.log)
        places = [incident.at for incident in self.world.incidents if incident.kind == "fault"]
        struck = sum(done.incident == "fault" for done in self.world.log)
        assert sum(at < succeeded for at in places) <= struck
        assert struck <= sum(at <= succeeded for at in places)

    def teardown(self) -> None:
        """The same calls in another world come to the same, byte for byte."""
        again = World(self.world.seed, incidents=self.world.incidents)
        assert relive(again, tuple(self.world.log)).log == self.world.log


TestIncidents = Incidents.TestCase
TestIncidents.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
