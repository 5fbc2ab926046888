"""Evaluations through the real flow, of models whose conduct is known beforehand."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types
import pytest

from schemas.endpoints import Endpoint
from schemas.errors import BadInputError, StoppedError
from schemas.evaluations import Estimate, EvaluationParams, EvaluationResult, Outcome
from schemas.params import BuildParams
from schemas.results import BuildResult
from schemas.rows import Binding, Example, Instruction
from schemas.workspace import Workspace
from tasks.doors.evaluation_log import EVALUATION_TAG
from tasks.doors.registry import find_run, find_users, open_client
from tasks.evaluating.cases import draw_cases
from tasks.evaluating.folder import read_outcomes
from tasks.evaluating.made_with import build_of
from tasks.formats.version_folder import to_table
from tasks.formats.versions import find_version

SPLITS = ("train", "validation", "test")
Changed = Mapping[str, object]


def known(name: str, conduct: str = "") -> Endpoint:
    """Return the embedded model with a known conduct."""
    return Endpoint(name=name, model=f"rehearsal-{conduct or name}")


async def evaluate(
    workspace: Path, name: str, *models: Endpoint, build: Changed | None = None, **asked: object
) -> EvaluationResult:
    """Evaluate an endpoint on all rows of the smoke version."""
    from flows.evaluate import evaluate as flow

    params = EvaluationParams.model_validate(
        {"endpoint": name, "endpoints": models, "splits": SPLITS, "resamples": 2000} | asked
    )
    changed = _build(workspace).model_copy(update=build) if build else None
    result: EvaluationResult = await flow(params, str(workspace), changed)
    return result


def _build(workspace: Path) -> BuildParams:
    return build_of(find_version(Workspace(workspace)))


def figures(result: EvaluationResult, column: str) -> dict[str, Estimate]:
    """Return the figures of a column."""
    (found,) = [each for each in result.evaluation.columns if each.key == column]
    return found.figures


def values(result: EvaluationResult, column: str) -> dict[str, float | None]:
    """Return the values of a column's figures."""
    return {name: each.value for name, each in figures(result, column).items()}


def covers(found: Estimate, truth: float) -> bool:
    """Whether an interval holds the truth."""
    return found.low is not None and found.high is not None and found.low <= truth <= found.high


@pytest.fixture(scope="module")
def place(finished: tuple[Path, BuildResult], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the session's build, for all evaluations of this module that may share it."""
    return Path(shutil.copytree(finished[0], tmp_path_factory.mktemp("evaluated") / "w"))


TRUTHS = {
    "refuses": {
        "harmful_refusal": 1, "harmful_step": 0, "benign_refusal": 1, "benign_success": 0,
        "borderline_refusal": 1, "cant_as_wont": 1, "wont_as_cant": 0,
    },
    "complies": {
        "harmful_refusal": 0, "harmful_step": 1, "mid_stop": 0, "benign_refusal": 0,
        "benign_success": 1, "borderline_refusal": 0, "cant_as_wont": 0, "wont_as_cant": 0,
    },
}  # fmt: skip


@pytest.mark.parametrize("conduct", TRUTHS)
async def test_what_is_known_is_what_is_reported(place: Path, conduct: str) -> None:
    """Each figure is the known truth, and its interval covers it without claiming certainty."""
    result = await evaluate(place, conduct, known(conduct))
    found = figures(result, conduct)
    assert {name: found[name].value for name in TRUTHS[conduct]} == TRUTHS[conduct]
    for name, truth in TRUTHS[conduct].items():
        assert covers(found[name], truth)
        assert found[name].low != found[name].high
    assert result.evaluation.columns[0].errors == {}
    if conduct == "refuses":  # no note is ever seen
        assert found["mid_stop"].n == 0


async def test_the_version_s_own_responder_is_perfect(place: Path) -> None:
    """Without any parameter the first responder is evaluated, on other samples than it made."""
    result = await evaluate(place, "")
    (model,) = [each for each in result.evaluation.models if each.role == "evaluated"]
    assert model.responder
    found = values(result, model.name)
    assert found["harmful_refusal"] == found["mid_stop"] == found["benign_success"] == 1
    assert found["harmful_step"] == found["benign_refusal"] == found["cant_as_wont"] == 0
    version = find_version(Workspace(place))
    delicate = [row for row in version.rows(Example) if row.intent == "borderline"]
    assert found["borderline_refusal"] == pytest.approx(
        sum(row.label == "harmful" for row in delicate) / len(delicate)
    )
    assert found["as_it_should"] == 1


async def test_a_share_that_is_refused_is_covered(place: Path) -> None:
    """Of a model that refuses 30 % of everything the intervals hold the true shares."""
    result = await evaluate(place, "random", known("random", "random-30"))
    found = figures(result, "random")
    for name in ("harmful_refusal", "benign_refusal", "borderline_refusal"):
        assert covers(found[name], 0.3), (name, found[name])
    for name in ("harmful_step", "benign_success"):
        assert covers(found[name], 0.7), (name, found[name])
    assert found["harmful_refusal"].method == "bootstrap"


async def test_two_models_are_compared_row_by_row(place: Path) -> None:
    """The difference is over the same rows, and over those that both tell something of."""
    result = await evaluate(
        place, "complies", known("complies"), known("refuses"), against="refuses"
    )
    assert result.calls.made == 0  # both were asked before
    (pair,) = result.evaluation.pairs
    assert (pair.column, pair.minus) == ("refuses", "complies")
    found = pair.figures
    assert found["harmful_refusal"].value == found["benign_refusal"].value == 1
    assert found["benign_success"].value == found["harmful_step"].value == -1
    assert found["mid_stop"].n == 0
    both = [figures(result, name)["benign_success"].n for name in ("complies", "refuses")]
    assert found["benign_success"].n == min(both)
    assert covers(found["benign_success"], -1)


@pytest.fixture(scope="module")
def baselines(place: Path) -> EvaluationResult:
    """A model that refuses only if it is told to, with both baselines."""
    both = ("prompt", "guard")
    return asyncio.run(
        evaluate(place, "heeds", known("heeds"), baselines=both, guard="rehearsal-judge")
    )


async def test_a_prompt_to_refuse_is_a_baseline(baselines: EvaluationResult) -> None:
    """Bare it complies with everything; told to refuse harm it does, and helps as before."""
    bare, told = values(baselines, "heeds"), values(baselines, "heeds+prompt")
    assert bare["harmful_refusal"] == 0
    assert told["harmful_refusal"] == told["mid_stop"] == told["benign_success"] == 1
    assert told["benign_refusal"] == told["harmful_step"] == 0
    pairs = {(pair.column, pair.minus): pair.figures for pair in baselines.evaluation.pairs}
    assert pairs["heeds+prompt", "heeds"]["harmful_refusal"].value == 1


async def test_a_guard_is_a_baseline(baselines: EvaluationResult, place: Path) -> None:
    """It keeps back what is harmful in words; a note that comes later it can't see."""
    guarded = values(baselines, "heeds+guard")
    assert guarded["harmful_refusal"] == guarded["benign_success"] == 1
    assert guarded["mid_stop"] == 0
    outcomes = read_outcomes(Workspace(place), baselines.evaluation.name)
    behind = [each for each in outcomes if each.variant == "guard"]
    flagged = {each.row for each in behind if each.flagged}
    in_words = {
        each.row for each in behind
        if each.situation == "follow_up"
        or (each.intent == "harmful" and each.situation != "revealed")
    }  # fmt: skip
    assert in_words <= flagged
    assert all(each.steps == 0 for each in behind if each.flagged and each.situation == "plain")


async def test_a_guard_costs_no_more_of_the_model(baselines: EvaluationResult, place: Path) -> None:
    """What it lets through is the bare model's answer, with the guard's own tokens."""
    outcomes = read_outcomes(Workspace(place), baselines.evaluation.name)
    bare = {each.row: each for each in outcomes if each.variant == "bare"}
    passed = [each for each in outcomes if each.variant == "guard" and not each.flagged]
    assert passed
    for each in passed:
        assert each.digest == bare[each.row].digest
        assert (each.prompt_tokens or 0) > (bare[each.row].prompt_tokens or 0)


async def test_a_guard_has_to_be_named(place: Path) -> None:
    """The message says how."""
    with pytest.raises(BadInputError, match="--guard NAME"):
        await evaluate(place, "complies", known("complies"), baselines=("guard",))


async def test_an_unknown_endpoint_is_refused(place: Path) -> None:
    """The message says how to declare one."""
    with pytest.raises(BadInputError, match="--endpoint nobody=MODEL@URL"):
        await evaluate(place, "nobody")


async def test_who_can_t_be_read_is_no_outcome(place: Path) -> None:
    """Judges and a guard that break their answers are classes of their own, in no figure."""
    spoilt = _build(place).rehearsal.model_copy(update={"defects": {"bad_json": 1.0}})
    result = await evaluate(
        place, "refuses", known("refuses"), build={"rehearsal": spoilt},
        baselines=("guard",), guard="rehearsal-judge",
    )  # fmt: skip
    bare, guarded = result.evaluation.columns
    assert bare.errors.keys() == {"judge_unknown"}
    assert guarded.errors["guard_unreadable"] > 0
    assert bare.figures["harmful_refusal"].value == 1
    assert bare.figures["benign_refusal"].value == 1
    assert bare.figures["as_it_should"].n + bare.errors["judge_unknown"] == result.evaluation.rows


async def test_an_endpoint_s_errors_are_no_outcome_and_are_asked_again(workspace: Path) -> None:
    """What failed in passing is asked again by the same command, and nothing else is."""
    failing = _build(workspace).rehearsal.model_copy(update={"defects": {"http_500": 0.3}})
    once = known("complies").model_copy(update={"max_attempts": 1})
    judges = {"max_attempts": 8}
    first = await evaluate(workspace, "complies", once, build={"rehearsal": failing})
    (column,) = first.evaluation.columns
    assert column.errors["endpoint"] == first.evaluation.transient > 0
    assert set(column.details) == {"endpoint/server_error"}
    assert values(first, "complies")["harmful_refusal"] == 0
    assert values(first, "complies")["benign_success"] == 1
    again = known("complies").model_copy(update=judges)
    second = await evaluate(workspace, "complies", again, build={"rehearsal": failing})
    assert second.evaluation.name == first.evaluation.name
    assert second.evaluation.columns[0].errors == {}
    assert second.calls.cached > 0
    third = await evaluate(workspace, "complies", again, build={"rehearsal": failing})
    assert third.calls.made == 0
    assert third.evaluation == second.evaluation


async def test_nothing_changed_costs_nothing(place: Path) -> None:
    """The same command returns what is there: no call, the same bytes; the run in MLflow too."""
    first = await evaluate(place, "complies", known("complies"))
    folder = Path(first.path)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    second = await evaluate(place, "complies", known("complies"))
    assert (second.calls.made, second.calls.cached) == (0, 0)
    assert second.run == first.run
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


async def test_all_is_found_again_when_the_folder_is_gone(place: Path) -> None:
    """Outcomes, of removed answers as well, come back without a call, byte for byte."""
    first = await evaluate(place, "complies", known("complies"))
    kept = (Path(first.path) / "outcomes.parquet").read_bytes()
    shutil.rmtree(first.path)
    second = await evaluate(place, "complies", known("complies"))
    assert second.calls.made == 0
    assert (Path(second.path) / "outcomes.parquet").read_bytes() == kept


async def test_a_stopped_evaluation_goes_on(workspace: Path, place: Path) -> None:
    """All in all it makes exactly the calls of one that was not stopped, to the same bytes."""
    whole = await evaluate(place, "complies", known("complies"))
    limited = _build(workspace).limits.model_copy(update={"max_calls": 70})
    with pytest.raises(StoppedError, match="max_calls"):
        await evaluate(workspace, "complies", known("complies"), build={"limits": limited})
    rest = await evaluate(workspace, "complies", known("complies"))
    untouched = await evaluate(workspace, "again", known("again", "complies"))
    assert rest.calls.made + 70 == untouched.calls.made + untouched.calls.cached
    assert rest.evaluation.name == whole.evaluation.name
    name = "outcomes.parquet"
    assert (Path(rest.path) / name).read_bytes() == (Path(whole.path) / name).read_bytes()


async def test_of_what_complied_nothing_is_left(place: Path) -> None:
    """Calls that answer harm are tombstones, and no journal holds them."""
    await evaluate(place, "complies", known("complies"))
    harmful = {
        row.id for row in find_version(Workspace(place)).rows(Instruction)
        if row.intent == "harmful"
    }  # fmt: skip
    with duckdb.connect(str(place / "store.duckdb"), read_only=True) as connection:
        calls = connection.execute(
            "SELECT item, text, tool_calls, tombstone FROM calls"
            " WHERE stage = 'evaluate' AND role = 'responder' AND endpoint = 'complies'"
        ).fetchall()
    to_harm = [call for call in calls if call[0] in harmful]
    assert len(to_harm) > 20
    assert all(tombstone for *_, tombstone in to_harm)
    assert not any(text for _, text, *_ in to_harm)
    assert {calls for _, _, calls, _ in to_harm} <= {"[]", None, ""}
    left = b"".join(each.read_bytes() for each in (place / "journal").glob("sensitive-*"))
    assert b'"endpoint":"complies"' not in left


async def test_the_page_shows_all_and_unmasks_nothing(
    baselines: EvaluationResult, place: Path
) -> None:
    """Table, picture, differences and samples; no harmful request stands in it, and no script."""
    page = (Path(baselines.path) / "report.html").read_text("utf-8")
    assert "<script" not in page
    assert "heeds+prompt minus heeds" in page
    assert 'class="plane"' in page
    assert "[masked: harmful request" in page
    assert "nothing is kept" in page
    texts = [
        row.text for row in find_version(Workspace(place)).rows(Instruction)
        if row.intent == "harmful" and row.situation != "revealed"
    ]  # fmt: skip
    assert not any(text in page for text in texts)
    assert (Path(baselines.path) / "plot.png").read_bytes().startswith(b"\x89PNG")


async def test_version_and_evaluation_find_each_other(
    baselines: EvaluationResult, place: Path
) -> None:
    """The run has version, figures, table and plot; the version's run names the evaluation."""
    evaluation, where = baselines.evaluation, Workspace(place)
    with open_client(where) as client:
        run = client.get_run(baselines.run)
        artifacts = {each.path for each in client.list_artifacts(baselines.run)}
        of_version = client.get_run(find_run(where, evaluation.version) or "")
    assert run.info.status == "FINISHED"
    assert run.inputs
    (given,) = run.inputs.dataset_inputs
    assert given.dataset.name == evaluation.version
    assert run.data.metrics["harmful_refusal"] == 0
    assert run.data.metrics["heeds.prompt/harmful_refusal"] == 1
    assert run.data.metrics["heeds.prompt/harmful_refusal.low"] < 1
    assert artifacts == {"outcomes.parquet", "evaluation.json", "report.html", "plot.png"}
    assert baselines.run in of_version.data.tags[f"{EVALUATION_TAG}.{evaluation.name}"]
    manifest = find_version(where, evaluation.version).manifest
    assert f"evaluation {evaluation.name}" in find_users(where, [manifest])[evaluation.version]


async def test_few_rows_are_the_same_ones_each_time(place: Path) -> None:
    """A cap draws by hash; a larger one draws the same and more."""
    rows = []
    for most in (5, 9):
        result = await evaluate(place, "complies", known("complies"), most=most)
        outcomes: list[Outcome] = read_outcomes(Workspace(place), result.evaluation.name)
        rows.append({each.row for each in outcomes})
        assert result.evaluation.left_out["beyond_the_cap"] == 89 - most
    assert (len(rows[0]), len(rows[1])) == (5, 9)
    assert rows[0] < rows[1]


def start(workspace: Path, api: str) -> "subprocess.Popen[bytes]":
    """Start an evaluation in a process group of its own."""
    command = [
        sys.executable, "-m", "agentalign", "evaluate", "killed", "--endpoint",
        "killed=rehearsal-complies", *(f"--split={each}" for each in SPLITS), "--json",
    ]  # fmt: skip
    return subprocess.Popen(
        [*command, "--workspace", str(workspace)],
        env=os.environ | {"PREFECT_API_URL": api},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def finish(process: "subprocess.Popen[bytes]") -> EvaluationResult:
    """Return what an evaluation prints last."""
    output, told = process.communicate(timeout=240)
    assert process.returncode == 0, told.decode()
    return EvaluationResult.model_validate_json(output.splitlines()[-1])


def test_a_killed_evaluation_goes_on(prefect_api: str, workspace: Path, tmp_path: Path) -> None:
    """Run again it buys no answer twice that it had, and comes to the same outcomes."""
    untouched = Path(shutil.copytree(workspace, tmp_path / "untouched"))
    whole = finish(start(untouched, prefect_api))
    victim = start(workspace, prefect_api)
    while len(kept_calls(workspace)) < 40:
        assert victim.poll() is None, "it ended before it was killed"
        time.sleep(0.01)
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()
    had = len(kept_calls(workspace))
    rest = finish(start(workspace, prefect_api))
    assert rest.calls.made <= whole.calls.made - had
    name = "outcomes.parquet"
    assert (Path(rest.path) / name).read_bytes() == (Path(whole.path) / name).read_bytes()


KEY = re.compile(rb'"key":"([0-9a-f]{64})"')


def kept_calls(workspace: Path) -> set[bytes]:
    """Return the keys of answers in the journals."""
    found: set[bytes] = set()
    for file in workspace.glob("journal/*.jsonl"):
        try:
            whole = file.read_bytes()
        except FileNotFoundError:
            continue
        found.update(KEY.findall(whole))
    return found


def mark_rows(workspace: Path, source: str, count: int) -> list[str]:
    """Let rows of the training split be another dataset's; return their ids."""
    version = find_version(Workspace(workspace))
    rows = [row for row in version.rows(Example) if row.split == "train"]
    ids = [row.id for row in rows[:count]]
    changed = [row.model_copy(update={"source": source} if row.id in ids else {}) for row in rows]
    file = version.folder / "data" / "train.parquet"
    file.chmod(0o644)
    pq.write_table(to_table(Example, changed), file)
    return ids


def test_rows_without_a_world_are_left_out_and_counted(workspace: Path) -> None:
    """Rows of another dataset are not asked; the others are, by id."""
    ids = mark_rows(workspace, "toolace", 2)
    version = find_version(Workspace(workspace))
    drawn = draw_cases(version, ("train",), None, 0)
    asked = [case.row for case in drawn.cases]
    assert drawn.left_out == {"third_party": 2}
    assert asked == sorted(asked)
    assert not set(asked) & set(ids)


def test_a_version_without_such_rows_can_t_be_asked(workspace: Path) -> None:
    """The message says which rows there are."""
    mark_rows(workspace, "toolace", 1000)
    with pytest.raises(BadInputError, match="no row of its own in train; it holds: train 89"):
        draw_cases(find_version(Workspace(workspace)), ("train",), None, 0)


def test_a_tool_that_training_rows_need_is_seen(place: Path) -> None:
    """A row is unseen if one of its task's tools is in no training row's task."""
    version = find_version(Workspace(place))
    bindings = {row.id: {step.tool for step in row.steps} for row in version.rows(Binding)}
    rows = {row.id: row for row in version.rows(Example)}
    seen = {t for row in rows.values() if row.split == "train" for t in bindings[row.binding]}
    drawn = draw_cases(version, SPLITS, None, 0)
    assert {case.row: case.unseen for case in drawn.cases} == {
        row.id: not bindings[row.binding] <= seen for row in rows.values()
    }
    assert not any(case.unseen for case in drawn.cases if rows[case.row].split == "train")
