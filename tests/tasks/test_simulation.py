"""Tools that a model plays: what it is asked, what it may answer, and what a failure costs."""

import json
from pathlib import Path
from random import Random
from typing import Any

import orjson

from schemas.incidents import Incident
from schemas.messages import ToolCall
from schemas.own_tools.file import read_own_tools
from schemas.params import BuildParams
from schemas.rows import Binding, Failure, Plan
from tasks.bindings import bind, draft
from tasks.context import RunContext
from tasks.doors.cache import Partition
from tasks.plans import make_plans, plans_spec
from tasks.simulation import perform
from tasks.world import describe_toolbox, draw_goal
from tests.tasks.doors.llm.fakes import FakeModel, Heard, Said, params
from tests.tasks.samples import chain, open_sample_run, put, spec_of_bindings

NAMES = ("open_ticket", "close_ticket")
TICKETS = [
    {"name": name, "description": f"{name} for the desk's tickets.", "parameters": {
        "type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}}
    for name in NAMES
]  # fmt: skip
CHAIN = ("Own.open_ticket", "Own.close_ticket")


def desk(folder: Path, **changed: object) -> BuildParams:
    """Return parameters with two simulated tools."""
    file = folder / "tools.json"
    file.write_text(json.dumps(TICKETS))
    return params().model_copy(update={"tools": read_own_tools(file), **changed})


def bound(made_with: BuildParams) -> Binding:
    """Return a binding of the two tools."""
    toolbox = describe_toolbox(made_with.tools)
    of = chain().model_copy(update={"capabilities": CHAIN})
    drawn = draft(of, 0, spec_of_bindings(distractors=(0, 0)), toolbox.catalogue)
    steps = draw_goal(CHAIN, drawn.tools, drawn.world_seed, Random(1), toolbox)
    return bind(of, 0, drawn, steps)


def says(result: object, *, ok: bool = True) -> Said:
    """Return what a simulator says."""
    return Said(orjson.dumps({"ok": ok, "result": orjson.dumps(result).decode()}).decode())


def facts(heard: Heard) -> dict[str, Any]:
    """Return the facts in a request to a simulator."""
    found: dict[str, Any] = json.loads(heard.question.split("```json")[1].split("```")[0])
    return found


async def plan(context: RunContext, made_with: BuildParams) -> tuple[list[Plan], list[Failure]]:
    """Return what the plans stage makes of one binding."""
    row = bound(made_with)
    spec = plans_spec(context.params, row.category, (), 0)
    receipt = await make_plans.fn(spec, await put(context, row), Partition())
    return await context.store.rows(Plan, [receipt]), await context.store.rows(Failure, [receipt])


async def test_a_simulator_sees_what_went_before_in_its_task(tmp_path: Path) -> None:
    """The second call's facts hold the first with its result; the plan rests on both answers."""
    made_with, model = desk(tmp_path), FakeModel(lambda _: says({"id": "ticket-1"}))
    async with open_sample_run(tmp_path / "w", made_with, model) as context:
        ((made,), failed) = await plan(context, made_with)
    one, other = map(facts, model.heard)
    assert (one["earlier"], one["tool"]["name"]) == ([], "open_ticket")
    assert [(each["tool"], each["result"]) for each in other["earlier"]] == [
        ("open_ticket", {"id": "ticket-1"})
    ]
    assert not failed
    assert made.execution.success
    assert (made.execution.grounding, len(made.calls)) == ("simulated", 2)


async def test_a_plan_stops_at_a_call_that_the_simulator_fails(tmp_path: Path) -> None:
    """An error it answers with is the observation; nothing is asked after it."""
    made_with = desk(tmp_path)
    model = FakeModel(lambda _: says({"error": {"code": "busy", "message": "later"}}, ok=False))
    async with open_sample_run(tmp_path / "w", made_with, model) as context:
        assert await plan(context, made_with) == ([], [])
    assert len(model.heard) == 1


async def test_an_unusable_answer_is_a_failure_row_and_asked_for_again(tmp_path: Path) -> None:
    """Kept as it is from the cache; `retry-failed`'s epoch buys another sample of it alone."""
    answers = {"text": Said("what?")}
    made_with, model = desk(tmp_path), FakeModel(lambda _: answers["text"])
    async with open_sample_run(tmp_path / "w", made_with, model) as context:
        (_, (failure,)) = await plan(context, made_with)
        assert (failure.of_stage, failure.error) == ("plans", "malformed")
        asked = len(model.heard)
        await plan(context, made_with)
        assert len(model.heard) == asked
    answers["text"] = says({"id": "ticket-1"})
    again = desk(tmp_path, retry_epochs={"plans": 1})
    async with open_sample_run(tmp_path / "w", again, model) as context:
        ((made,), failed) = await plan(context, again)
    assert made.execution.success
    assert not failed
    assert len(model.heard) == asked + 2


async def test_a_call_that_a_fault_struck_is_no_part_of_what_went_before(tmp_path: Path) -> None:
    """The simulator is asked the same, with the fault and without: the answer is in the cache."""
    made_with, model = desk(tmp_path), FakeModel(lambda _: says({"id": "ticket-1"}))
    calls = [ToolCall(id="c", name=name, arguments={"title": "x"}) for name in NAMES]
    fault = Incident(at=1, kind="fault", code="timed_out")
    async with open_sample_run(tmp_path / "w", made_with, model) as context:
        for planned, made in (((), calls), ((fault,), (*calls, calls[-1]))):
            session = context.worlds.session(1, planned)
            told = [await perform(context, session, call, "plans", []) for call in made]
    assert [done.incident for done in told] == ["", "fault", ""]
    assert len(model.heard) == 2


async def test_a_call_that_breaks_its_schema_is_never_simulated(tmp_path: Path) -> None:
    """It is refused by the contract, as any call."""
    made_with, model = desk(tmp_path), FakeModel(lambda _: says({}))
    async with open_sample_run(tmp_path / "w", made_with, model) as context:
        call = ToolCall(id="c", name="open_ticket", arguments={"subject": "x"})
        done = await perform(context, context.worlds.session(1), call, "plans", [])
    assert not done.ok
    assert model.heard == []
