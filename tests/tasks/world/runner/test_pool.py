"""Workers from outside: the same results as in this process, and what a lost one costs."""

import asyncio
import os
import signal
from random import Random
from typing import Any

import pytest

from schemas import ids
from schemas.base import JsonValue
from schemas.errors import BadInputError
from schemas.incidents import Incident
from schemas.messages import ToolCall
from schemas.own_tools import OwnTools
from schemas.params import Workers
from schemas.rows import CallResult
from tasks.world import UnbindableError, World, draw_goal, run_plan
from tasks.world.contract import MOST_CALLS
from tasks.world.runner import ExecutionLostError, Session, Worlds
from tests.tasks.world.runner.conftest import Open, call, own_tools

CHAIN = ("Search.web_search", "Communication.send_email")
TOOLS = ("lumenfind_web_search", "postbird_send_email")


def plain(processes: int = 1) -> Worlds:
    """Return workers with the built-in tools."""
    return Worlds(None, Workers(isolation="rlimits", processes=processes))


async def done(worlds: Worlds, name: str, seed: int = 1) -> CallResult:
    """Make one call in a new world."""
    found = await worlds.session(seed).call(call(name))
    assert found is not None
    return found


async def kill_worker(worlds: Worlds) -> None:
    """Kill the only worker, and return when it is known to be gone."""
    (pid,) = worlds.pids
    os.kill(pid, signal.SIGKILL)
    while worlds.pids:
        await asyncio.sleep(0.01)


def error(result: CallResult) -> dict[str, Any]:
    """Return the error of a refused call."""
    assert not result.ok
    found: Any = result.result
    return dict(found["error"])


async def test_a_worker_draws_plans_and_records_what_this_process_does() -> None:
    """Goals and executions are the same bytes, whoever makes them."""
    purpose = (7, "goal", "chain", 0)
    async with plain() as worlds:
        steps = await worlds.draw(CHAIN, TOOLS, 5, purpose)
        execution = await worlds.plan(steps, 5, binding="b", slot="s")
        again = await worlds.rerun(execution, steps)
    assert steps == draw_goal(CHAIN, TOOLS, 5, ids.rng(*purpose))
    here = run_plan(steps, 5, binding="b", slot="s")
    assert execution == again == here.model_copy(update={"isolation": "rlimits"})
    assert execution.success


async def test_sessions_are_worlds_of_their_own() -> None:
    """Two sessions of one worker, interleaved, come to what each comes to alone."""
    calls = [
        ToolCall(id=f"c{n}", name=TOOLS[0], arguments={"query": f"plan {n}"}) for n in range(5)
    ]
    async with plain() as worlds:
        one, other = worlds.session(1), worlds.session(2)
        for each in calls:
            await one.call(each)
            await other.call(each)
        found = await one.record((), binding="b", slot="s")
    alone = World(1)
    for each in calls:
        alone.call(each)
    assert found.steps == tuple(alone.log)
    assert found.final_digest == alone.digest()


async def test_a_chain_that_can_not_be_bound_is_said() -> None:
    """The worker's refusal comes back as the error it is."""
    async with plain() as worlds:
        with pytest.raises(UnbindableError, match="needs a post first"):
            await worlds.draw(("Social.create_comment",), ("peeplReply",), 1, (1,))


@pytest.mark.parametrize(
    ("name", "loss"),
    [("die", "worker_died"), ("hang", "worker_hung"), ("spin", "out_of_time"),
     ("eat", "out_of_memory")],
)  # fmt: skip
async def test_a_lost_worker_costs_its_own_execution_only(
    name: str, loss: str, open_worlds: Open
) -> None:
    """Worlds that shared the process are made again, and go on as if nothing had been."""
    limits = {"call_timeout_s": 1 if name == "hang" else 60, "call_cpu_s": 0.5}
    async with open_worlds(**limits) as worlds:
        sound = [worlds.session(seed) for seed in range(5)]
        before = [await session.call(call("mark")) for session in sound]
        first = worlds.pids
        culprit = worlds.session(9)
        tries = (culprit.call(call(name)), *(s.call(call("mark", "again")) for s in sound))
        lost, *after = await asyncio.gather(*tries, return_exceptions=True)
        assert isinstance(lost, ExecutionLostError)
        assert lost.loss == loss
        assert worlds.pids != first
        for one, two in zip(before, after, strict=True):
            assert isinstance(one, CallResult)
            assert isinstance(two, CallResult)
            assert one.result != two.result
            made: Any = two.result
            assert made["marks"] == 2  # the first is remembered


FAULT = Incident(at=1, kind="fault", code="timed_out")
REVEAL = Incident(at=1, kind="reveal", text="This is for the neighbour's account.")


async def test_incidents_happen_in_a_session_and_again_in_a_rerun() -> None:
    """A session says what was revealed and which calls were struck; a rerun is the same."""
    async with plain() as worlds:
        steps = await worlds.draw(CHAIN, TOOLS, 5, (7, "goal"))
        search, send = [d.call for d in (await worlds.plan(steps, 5, binding="b", slot="s")).steps]
        session = worlds.session(5, (FAULT, REVEAL))
        await session.call(search)
        assert (session.revealed, session.struck) == (False, frozenset())
        struck = await session.call(send)
        assert struck is not None
        assert error(struck)["code"] == "timed_out"
        assert (session.revealed, session.struck) == (False, frozenset({send.id}))
        seen: Any = await session.call(send)
        assert seen.result["note"] == REVEAL.text
        assert (session.revealed, session.struck) == (True, frozenset({send.id}))
        found = await session.record(steps, binding="b", slot="s")
        again = await worlds.rerun(found, steps)
    assert [done.incident for done in found.steps] == ["", "fault", "reveal"]
    assert (found.success, found.done, found.incidents) == (True, (0, 1), (FAULT, REVEAL))
    assert again == found


async def test_what_did_not_happen_is_recorded_too() -> None:
    """An execution that ended before its incidents holds them, and is another than one without."""
    async with plain() as worlds:
        one, other = worlds.session(5, (FAULT,)), worlds.session(5)
        first = await one.record((), binding="b", slot="s")
        second = await other.record((), binding="b", slot="s")
    assert (first.incidents, first.steps) == ((FAULT,), ())
    assert first.id != second.id


async def test_a_part_of_the_steps_is_recorded_as_one_and_again_in_a_rerun() -> None:
    """Stopping half way is no failure where a part was the aim."""
    async with plain() as worlds:
        steps = await worlds.draw(CHAIN, TOOLS, 5, (7, "goal"))
        search, _ = (await worlds.plan(steps, 5, binding="b", slot="s")).steps
        session = worlds.session(5)
        await session.call(search.call)
        found = await session.record(steps, binding="b", slot="s", aim="part")
        again = await worlds.rerun(found, steps)
    assert (found.success, found.aim, found.done) == (True, "part", (0,))
    assert again == found


async def test_a_world_with_incidents_is_made_again(open_worlds: Open) -> None:
    """What has happened does not happen once more after a worker is lost, what is to come does."""
    planned = (FAULT, Incident(at=2, kind="reveal", text="n"), FAULT.model_copy(update={"at": 3}))
    async with open_worlds() as worlds:
        sessions = [worlds.session(4, planned), worlds.session(4, planned)]
        for number in range(8):
            for session in sessions:
                await session.call(call("mark"))
            if number in (2, 4):
                await kill_worker(worlds)
        found = [await session.record((), binding="b", slot="s") for session in sessions]
    told = [done.incident for done in found[0].steps]
    assert told == ["", "fault", "", "reveal", "fault", "", "", ""]
    assert found[0] == found[1]


async def test_incidents_of_simulated_tools_come_again_with_a_world() -> None:
    """A told result is told again with its note, and a struck call is never simulated."""
    opened = ToolCall(id="o", name="open_ticket", arguments={"title": "Printer"})
    async with Worlds(simulated(), Workers(isolation="rlimits", processes=1)) as worlds:
        session = worlds.session(4, (FAULT, REVEAL))
        await told(session, opened, {"id": "t-1"})
        struck = await session.call(opened)
        assert struck is not None
        assert struck.incident == "fault"
        await kill_worker(worlds)
        seen = await told(session, opened, ["t-2"])
        assert (seen.result, seen.incident) == (["t-2", {"note": REVEAL.text}], "reveal")
        await kill_worker(worlds)
        found = await session.record((), binding="b", slot="s")
        again = await worlds.rerun(found, ())
    assert found == again
    assert found.steps == tuple(session.log)


def simulated() -> OwnTools:
    """Return a user's tools of which one has no code."""
    title = {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}
    capability = {"id": "Own.open", "description": "Open a ticket", "yields": [],
                  "needs": [{"name": "title", "kind": "short_text"}]}  # fmt: skip
    tool = {"name": "open_ticket", "capability": "Own.open", "provider": "Own", "results": {},
            "description": "Opens a ticket at the desk.", "parameters": title,
            "arguments": {"title": {"needs": ["title"]}}}  # fmt: skip
    return OwnTools.model_validate({"capabilities": [capability], "tools": [tool], "code": ""})


async def told(session: Session, made: ToolCall, result: JsonValue) -> CallResult:
    """Make a call of a simulated tool and say what comes of it."""
    assert await session.call(made) is None
    return await session.tell(made, result, ok=True)


async def test_a_killed_worker_is_replaced(open_worlds: Open) -> None:
    """A SIGKILL between two calls costs nothing: the world is made again from its calls."""
    async with open_worlds() as worlds:
        session = worlds.session(4)
        await session.call(call("mark"))
        await kill_worker(worlds)
        await session.call(call("mark"))
        found = await session.record((), binding="b", slot="s")
        whole = worlds.session(4)
        for _ in range(2):
            await whole.call(call("mark"))
        assert found == await whole.record((), binding="b", slot="s")


async def test_workers_that_rest_are_gone_until_they_are_needed(open_worlds: Open) -> None:
    """No process is left of them, and what was begun before goes on after."""
    async with open_worlds() as worlds:
        session = worlds.session(4)
        await session.call(call("mark"))
        await worlds.rest()
        assert worlds.pids == []
        await session.call(call("mark"))
        found = await session.record((), binding="b", slot="s")
        assert [step.call.name for step in found.steps] == ["mark", "mark"]


async def test_what_somebodys_code_raises_is_an_observation_and_undone(open_worlds: Open) -> None:
    """The message names the error; the state is as it was before the call."""
    async with open_worlds() as worlds:
        session = worlds.session(1)
        failed = await session.call(call("fail"))
        assert failed is not None
        expected = "fail failed: ValueError: no such thing"
        assert error(failed) == {"code": "tool_failed", "message": expected}
        assert failed.changes == ()
        found: Any = await session.call(call("mark"))
        assert found.result["marks"] == 1


async def test_results_that_are_too_large_or_no_json_are_refused(open_worlds: Open) -> None:
    """Both are the tool's failure, with a code."""
    async with open_worlds() as worlds:
        assert error(await done(worlds, "flood"))["code"] == "result_too_large"
        assert error(await done(worlds, "odd"))["code"] == "tool_failed"


async def test_an_execution_has_an_end(open_worlds: Open) -> None:
    """After so many calls every further one is refused."""
    async with open_worlds() as worlds:
        session = worlds.session(1)
        for _ in range(MOST_CALLS):
            await session.call(call("mark"))
        last = await session.call(call("mark"))
        assert last is not None
        assert error(last)["code"] == "too_many_calls"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def other(world, given): ...", "has no function"),
        ("import not_there_at_all", "imports not_there_at_all: ModuleNotFoundError"),
        ("1 / 0", "can't be run: ZeroDivisionError"),
        ("open('/etc/passwd')", "can't be run: OSError"),
    ],
)
async def test_code_that_can_not_be_used_is_said_before_any_call(code: str, says: str) -> None:
    """Its own statements run shut off like any call."""
    async with Worlds(own_tools(code), Workers(isolation="rlimits")) as worlds:
        with pytest.raises(BadInputError, match=says):
            await worlds.session(1).call(call("mark"))


async def test_many_that_wait_for_code_that_can_not_be_used_all_hear_of_it() -> None:
    """Nobody is left waiting, whoever asked first."""
    async with Worlds(own_tools("1 / 0"), Workers(isolation="rlimits", processes=1)) as worlds:
        asked = [worlds.session(seed).call(call("mark")) for seed in range(4)]
        told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in told] == [BadInputError] * 4


@pytest.mark.parametrize("processes", [1, 3])
async def test_the_number_of_workers_changes_nothing(processes: int) -> None:
    """Twelve plans come to the same on one worker and on three."""
    async with plain(processes) as worlds:
        steps = draw_goal(CHAIN, TOOLS, 5, Random(1))
        plans = await asyncio.gather(
            *(worlds.plan(steps, 5, binding=f"b{n}", slot="s") for n in range(12))
        )
        assert len(worlds.pids) == processes
    here = [run_plan(steps, 5, binding=f"b{n}", slot="s").id for n in range(12)]
    assert [plan.id for plan in plans] == here
