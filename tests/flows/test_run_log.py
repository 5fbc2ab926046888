"""A run's log: JSON lines that name run, stage and items, and never say what they hold."""

import logging
from pathlib import Path

import orjson
import pytest

from schemas.rows import Instruction
from schemas.settings import load_params
from schemas.workspace import Workspace
from tasks.formats.versions import list_versions

SMALL = (
    "categories.include=[privacy]", "pool.chains_per_subcategory=2", "pool.bindings_per_block=1",
    "pool.max_blocks=1", "balance.harmful=99", "balance.benign=99", "balance.floor=0",
    "validation.panel=[policy]", "validation.full_panel_share=0", "audit.mutations=0",
    "rehearsal.defects={bad_json: 0.85}", "rehearsal.seed=2",
    "roles.generator=[{endpoint: rehearsal-brisk}]",
    "roles.responder=[{endpoint: rehearsal-brisk}]",
    "floors={chains: 0, instructions: 0, semantic: 0, responses: 0, execution: 0}",
    "bindings.system_prompts={own: 1}", "bindings.own_system_prompt=PLANTED of the operator.",
    "endpoints=[{name: rehearsal-brisk, model: rehearsal-brisk, api_key_env: PLANTED_KEY},"
    " {name: rehearsal-formal, model: rehearsal-formal},"
    " {name: rehearsal-judge, model: rehearsal-judge}]",
)  # fmt: skip


async def test_the_log_says_what_ran_and_no_text_or_key(
    prefect_api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line has time, level, run, flow and stage; Prefect's log of the run says the same."""
    assert prefect_api
    from flows.dataset import build_dataset
    from tests.flows.runs import log_of, start

    monkeypatch.setenv("PLANTED_KEY", "key-PLANTED-0123456789")
    logging.getLogger("prefect.flow_runs").setLevel(logging.INFO)
    place = Workspace(tmp_path / "w")
    params = load_params("smoke", None, SMALL)
    run = await start(build_dataset, params=params, workspace=str(place.root))
    text = (place.logs / "runs.jsonl").read_text("utf-8")
    lines = [orjson.loads(line) for line in text.splitlines()]
    assert {line["run"] for line in lines} == {str(run.id)}
    assert {line["flow"] for line in lines} == {"build-dataset"}
    assert [line["message"] for line in (lines[0], lines[-1])] == ["run started", "run done"]
    done = [line for line in lines if line["message"] == "stage done"]
    assert {"instructions", "publish"} <= {line["stage"] for line in done}
    written = next(line for line in done if line["stage"] == "instructions")
    assert (written["category"], written["block"], written["level"]) == ("privacy", 0, "info")
    failed = [line for line in lines if line["message"] == "items failed"]
    assert failed
    assert all(len(line["items"]) == line["count"] for line in failed)
    shown = await log_of(run.id, "run done")
    assert len([each for each in shown if each.startswith("stage done: ")]) == len(done)

    said = text + "\n".join(shown)
    (version,) = list_versions(place)
    texts = [row.text for row in version.rows(Instruction)]
    assert texts
    assert [each for each in (*texts, "PLANTED") if each in said] == []


def test_a_line_leaves_out_what_is_no_fact(tmp_path: Path) -> None:
    """What is not among the facts, and what an exception says, is in no line."""
    from flows.run_log import JsonLines

    record = logging.LogRecord(
        "agentalign.run", logging.ERROR, __file__, 1, "stage failed", (), None
    )
    record.__dict__ |= {"stage": "chains", "prompt": "PLANTED", "count": 0}
    record.exc_info = (ValueError, ValueError("PLANTED"), None)
    line = orjson.loads(JsonLines({"run": "r"}).format(record))
    assert line.keys() == {"time", "level", "run", "message", "stage", "count"}
