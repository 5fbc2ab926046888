"""tools, replay and doctor, as commands."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
import pytest

from agentalign.cli import run
from schemas.ids import row_id
from schemas.incidents import Incident
from schemas.params import BuildParams, Workers
from schemas.rows import Binding, Execution, Plan, Row
from schemas.workspace import Workspace
from tasks.formats.version_folder import write_rows
from tasks.formats.versions import Version, open_version
from tasks.replaying import count, find_jobs, replay
from tasks.world import run_plan
from tasks.world.runner import Worlds
from tests.agentalign.conftest import NAME, make_example, make_manifest
from tests.tasks.samples import binding


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that has to succeed and return what it prints."""
    assert run(arguments) == 0
    return capsys.readouterr().out


def test_tools_lists_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    """A line a tool, and as JSON a list of objects with four keys."""
    listed = json.loads(output(capsys, "tools", "--json"))
    assert len(listed) >= 110
    assert all(set(tool) == {"name", "group", "capability", "parameters"} for tool in listed)
    assert {tool["group"] for tool in listed} == {
        "AI", "Communication", "Crypto", "Ecommerce", "LocalServices", "Payments", "Search",
        "Social", "System",
    }  # fmt: skip
    shown = output(capsys, "tools", "--group", "Search")
    assert "lumenfind_web_search" in shown
    assert "hostwright_shell" not in shown


def test_tools_refuses_an_unknown_group(capsys: pytest.CaptureFixture[str]) -> None:
    """And says which there are."""
    assert run(["tools", "--group", "Wool"]) == 2
    assert "there are: AI, Communication" in capsys.readouterr().err


def test_tools_says_what_a_build_would_take_of_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was changed, what was rejected, and who answers for the rest."""
    odd = {"name": "odd", "parameters": {"type": "object", "properties": {"x": {"type": "wool"}}}}
    (tmp_path / "tools.json").write_text(json.dumps([{"name": "Get it"}, odd]))
    shown = output(capsys, "tools", "--from", str(tmp_path / "tools.json"))
    assert "changed    Get_it: name 'Get it' became Get_it" in shown
    assert "rejected   odd: x has the unknown type 'wool'" in shown
    assert "0 run by your code, 1 simulated by a model" in shown


def test_doctor_shows_how_far_tool_calls_are_shut_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The level, a worker started at each, versions and the disk."""
    found: list[dict[str, Any]] = json.loads(
        output(capsys, "doctor", "--workspace", str(tmp_path), "--json")
    )
    states = {finding["what"]: finding["state"] for finding in found}
    assert states["worker: rlimits"] == "ok"
    assert {"versions", "isolation", "worker: bubblewrap", "worker: landlock", "disk"} <= set(
        states
    )
    assert "prefect 3." in found[0]["detail"]


@pytest.fixture
def executed(tmp_path: Path) -> Version:
    """Return a version that holds two plans, executed in the world as it is."""
    bindings, plans = [], []
    for number in (0, 5):
        bound = binding(number)
        execution = run_plan(bound.steps, bound.world_seed, binding=bound.id, slot="s")
        bindings.append(bound)
        plans.append(_plan(bound, execution))
    return write_version(tmp_path / "w", bindings, plans)


def write_version(workspace: Path, bindings: list[Binding], plans: list[Plan]) -> Version:
    """Write a version that rests on plans into a workspace."""
    folder = Workspace(workspace).versions / NAME
    rows: dict[type[Row], list[Row]] = {Binding: [*bindings], Plan: [*plans]}
    write_rows(folder, [make_example("benign")], rows, pa.table({"key": []}))
    params = BuildParams().model_dump(mode="json")
    manifest = make_manifest().model_copy(update={"params": params})
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    return open_version(folder)


def _plan(bound: Binding, execution: Execution) -> Plan:
    return Plan(
        id=row_id("plan", execution.id), slot="p", binding=bound.id, category=bound.category,
        subcategory=bound.subcategory, maker="scripted", execution=execution,
    )  # fmt: skip


def test_replay_gives_the_same_bytes(executed: Version, capsys: pytest.CaptureFixture[str]) -> None:
    """Of one row, of a binding's plan, and of all there are."""
    place = str(executed.folder.parents[1])
    plans = executed.rows(Plan)
    calls = sum(len(plan.execution.steps) for plan in plans)
    told = output(capsys, "replay", "--all", "--workspace", place)
    assert told == f"2 executions with {calls} calls: 2 identical\n"
    for name in (plans[0].id, plans[0].binding):
        assert ": 1 identical" in output(capsys, "replay", name, "--workspace", place)
    told = output(capsys, "replay", "--all", "--json", "--workspace", place)
    assert json.loads(told) == {"version": NAME, "identical": 2}


async def test_replay_lets_incidents_happen_again(tmp_path: Path) -> None:
    """With a fault, a note and a part of the steps the bytes are the same."""
    planned = (Incident(at=0, kind="fault", code="timed_out"),
               Incident(at=0, kind="reveal", text="For the neighbour."))  # fmt: skip
    bound = binding(5)
    search = run_plan(bound.steps, bound.world_seed, binding=bound.id, slot="s").steps[0].call
    async with Worlds(None, Workers(processes=1)) as worlds:
        session = worlds.session(bound.world_seed, planned)
        for _ in range(2):
            await session.call(search)
        execution = await session.record(bound.steps, binding=bound.id, slot="s", aim="part")
    assert (session.revealed, session.struck) == (True, frozenset({search.id}))
    version = write_version(tmp_path, [bound], [_plan(bound, execution)])
    (job,) = find_jobs(version)
    (same,) = await replay(version, [job])
    assert same.status == "identical"
    other = execution.model_copy(update={"done": ()})
    (differs,) = await replay(version, [type(job)(job.row, other, job.binding)])
    assert differs.detail == "steps done: were [], are [0]"
    without = execution.model_copy(update={"incidents": ()})
    (differs,) = await replay(version, [type(job)(job.row, without, job.binding)])
    assert differs.detail == f"call 1, {search.name}"


async def test_replay_tells_a_difference_from_another_world(executed: Version) -> None:
    """A changed result differs, at its call; another code is another world, and is not run."""
    one, other = find_jobs(executed)
    steps = one.execution.steps
    altered = steps[0].model_copy(update={"result": {"made": "up"}})
    changed = one.execution.model_copy(update={"steps": (altered, *steps[1:])})
    elsewhere = other.execution.model_copy(update={"world_code": "0" * 64})
    done = await replay(
        executed, [type(one)(one.row, changed, one.binding),
                   type(one)(other.row, elsewhere, other.binding)],
    )  # fmt: skip
    assert count(done) == {"differs": 1, "other world version": 1}
    assert done[0].detail == f"call 1, {steps[0].call.name}"
    assert done[1].detail.startswith("made in world 000000000000, here is")


def test_a_replay_that_differs_ends_with_an_error(
    executed: Version, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says which, and its exit code is 1."""
    (plan, *_) = executed.rows(Plan)
    false = plan.execution.model_copy(update={"final_digest": "0" * 64})
    changed = plan.model_copy(update={"execution": false})
    write_version(tmp_path / "other", executed.rows(Binding), [changed])
    assert run(["replay", "--all", "--workspace", str(tmp_path / "other")]) == 1
    shown = capsys.readouterr()
    assert f"differs: {plan.id}" in shown.out
    assert "the world after the last call" in shown.out
    assert "1 of 1 executions are not identical" in shown.err


@pytest.mark.parametrize("arguments", [[], ["--all", "plan-1"]])
def test_replay_wants_one_row_or_all(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither or both is an error."""
    assert run(["replay", *arguments]) == 2
    assert "name one row, or give --all" in capsys.readouterr().err
