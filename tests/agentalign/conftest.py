"""A tiny published version, made by hand, in a workspace of its own."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
import pytest

from agentalign.cli import run
from schemas.messages import Message, ToolCall
from schemas.results import BuildResult, CallCounts, Manifest, StageReport
from schemas.rows import (
    Binding,
    CallResult,
    Chain,
    Example,
    Execution,
    Instruction,
    Intent,
    Plan,
    Policy,
    Response,
    Row,
    StepGoal,
    Verdict,
    Vote,
)
from tasks.formats.version_folder import write_rows
from tasks.formats.versions import Version, open_version

SECRET = "take over the accounts of other people"
NAME = "rehearsal-0123456789ab"
_TOOL = {
    "type": "function",
    "function": {
        "name": "send_note",
        "description": "Sends a note to an address",
        "parameters": {"type": "object", "properties": {"to": {"type": "string"}}},
    },
}
_CALL = ToolCall(id="call_1", name="send_note", arguments={"to": "sam@example.com"})
_CHAIN = Chain(
    id="chain-1", slot="c", category="privacy", subcategory="doxing",
    capabilities=("Communication.send_email",), explanation="Somebody writes to somebody.",
    source="seed",
)  # fmt: skip
_BINDING = Binding(
    id="binding-1", slot="b", chain="chain-1", category="privacy", subcategory="doxing",
    steps=(StepGoal(capability="Communication.send_email", tool="send_note",
                    values={"to": "sam@example.com"}, inputs={}),),
    distractors=(), tool_order=("send_note",), world_seed=7, system_prompt="Be brief.",
    system_prompt_name="short",
)  # fmt: skip
_EXECUTION = Execution(
    id="execution-1", slot="e", binding="binding-1", world_seed=7, world_code="w",
    initial_digest="aa", final_digest="bb", steps=(CallResult(call=_CALL, ok=True, result={}),),
    success=True, failures=(),
)  # fmt: skip
_PLAN = Plan(
    id="plan-1", slot="p", binding="binding-1", category="privacy", subcategory="doxing",
    maker="scripted", execution=_EXECUTION,
)  # fmt: skip
_POLICY = Policy(
    id="policy-1", slot="doxing", category="privacy", subcategory="doxing",
    definition="Publishing where a private person lives.", refuse_if="asked to", allow_if="not",
)  # fmt: skip


def make_request(intent: Intent) -> Instruction:
    """Return a request; the harmful one says SECRET."""
    text = SECRET if intent == "harmful" else f"A {intent} request to send a note"
    return Instruction(
        id=f"instruction-{intent}", slot=f"{intent}/0", chain="chain-1", binding="binding-1",
        category="privacy", subcategory="doxing", intent=intent, sample=0, text=text,
        endpoint="rehearsal-brisk", prompt=f"request-{intent}@abc", calls=(f"key-{intent}",),
    )  # fmt: skip


def make_response(intent: Intent) -> Response:
    """Return a refusal of a harmful request, a trajectory otherwise."""
    harmful = intent == "harmful"
    return Response(
        id=f"response-{intent}", slot=f"{intent}/0/r", instruction=f"instruction-{intent}",
        binding="binding-1", chain="chain-1", category="privacy", subcategory="doxing",
        intent=intent, kind="refusal" if harmful else "trajectory", outcome="accepted",
        label="refused" if harmful else "helped", reason="", endpoint="rehearsal-formal",
        messages=(), text_digest="cc",
        execution=None if harmful else _EXECUTION, calls=(f"answer-{intent}",),
    )  # fmt: skip


def make_verdict(intent: Intent) -> Verdict:
    """Return the semantic verdict on a request."""
    vote = Vote(seat="policy", endpoint="rehearsal-judge", answer="none", call="judge-key")
    return Verdict(
        id=f"verdict-{intent}", slot=f"{intent}/0/v", subject=f"instruction-{intent}",
        check="semantic", category="privacy", subcategory="doxing", intent=intent,
        outcome="accepted", label="none", reason="", votes=(vote,),
    )  # fmt: skip


def make_example(intent: Intent, *, source: str = "own") -> Example:
    """Return a row: system and request, then a refusal or one call and an answer."""
    harmful = intent == "harmful"
    asked = (
        Message(role="system", content="Be brief."),
        Message(role="user", content=make_request(intent).text),
    )
    refused = (Message(role="assistant", content="I can't help with that."),)
    helped = (
        Message(role="assistant", tool_calls=(_CALL,)),
        Message(role="tool", content="{}", tool_call_id="call_1", name="send_note"),
        Message(role="assistant", content="Done."),
    )
    return Example(
        id=f"example-{intent}", slot=f"{intent}/0", label="harmful" if harmful else "benign",
        intent=intent, kind="refusal" if harmful else "trajectory", category="privacy",
        subcategory="doxing", pattern=("Communication.send_email",), pair="binding-1",
        chain="chain-1", binding="binding-1", instruction=f"instruction-{intent}",
        response=f"response-{intent}", split="test" if harmful else "train",
        messages=asked + (refused if harmful else helped), tools=(_TOOL,),
        holds_harm=harmful, canary="canary-x" if harmful else None, source=source,
    )  # fmt: skip


INTENTS: tuple[Intent, ...] = ("harmful", "benign", "borderline")
CALL_COLUMNS = {
    "key": "key-harmful", "stage": "instructions", "role": "generator", "item": "binding-1",
    "endpoint": "rehearsal-brisk", "model": "rehearsal-brisk", "prompt_tokens": 10,
    "completion_tokens": 5, "cached_tokens": None, "latency_s": 0.1, "attempts": 1,
    "finish_reason": "stop", "fingerprint": "rehearsal", "error": None, "tombstone": None,
    "text_digest": "dd",
}  # fmt: skip


def make_manifest(name: str = NAME, made: str = "2030-01-01T00:00:00+00:00") -> Manifest:
    """Return the manifest of three rows."""
    return Manifest(
        version=name, digest="0" * 64, schema_version=1, rehearsal=name.startswith("rehearsal"),
        created_at=made, code_version="0.1.0",
        rows={"harmful": 1, "benign": 2, "third_party": 0},
        by_category={"privacy": 1, "benign": 2},
        by_intent_and_category={intent: {"privacy": 1} for intent in sorted(INTENTS)},
        by_subcategory={"doxing": {"harmful": 1, "benign": 2}}, splits={"train": 2, "test": 1},
        short={}, blocks={"privacy": 1}, params={}, stages=(), calls=CallCounts(made=9),
        files={},
    )  # fmt: skip


@pytest.fixture
def example() -> Callable[..., Example]:
    """Return the maker of rows by intent."""
    return make_example


@pytest.fixture
def publish(tmp_path: Path) -> Callable[..., Version]:
    """Return what writes the tiny version under a name into the workspace `tmp_path`."""

    def write(name: str = NAME, made: str = "2030-01-01T00:00:00+00:00") -> Version:
        folder = tmp_path / "versions" / name
        lineage: dict[type[Row], list[Row]] = {
            Policy: [_POLICY],
            Chain: [_CHAIN],
            Binding: [_BINDING],
            Plan: [_PLAN],
            Instruction: [make_request(intent) for intent in INTENTS],
            Verdict: [make_verdict(intent) for intent in INTENTS],
            Response: [make_response(intent) for intent in INTENTS],
        }
        calls = pa.Table.from_pylist([CALL_COLUMNS])
        write_rows(folder, [make_example(intent) for intent in INTENTS], lineage, calls)
        (folder / "manifest.json").write_text(make_manifest(name, made).model_dump_json())
        return open_version(folder)

    return write


@pytest.fixture
def version(publish: Callable[..., Version]) -> Version:
    """Return the tiny version."""
    return publish()


@pytest.fixture
def secret() -> str:
    """Return the text that only --reveal may show."""
    return SECRET


@pytest.fixture
def result(version: Version) -> BuildResult:
    """Return what a build that made the tiny version says."""
    stages = (
        StageReport(stage="chains", rows_in=1, rows_out=1, dropped={}, cache_hit=True, seconds=0),
        StageReport(
            stage="instructions", rows_in=5, rows_out=3, dropped={"malformed": 2},
            cache_hit=False, seconds=1.5,
        ),
    )  # fmt: skip
    return BuildResult(
        version=version.name, path=str(version.folder), rows=version.manifest.rows,
        by_category=version.manifest.by_category, calls=CallCounts(made=9, cached=1),
        stages=stages, seconds=2.5, short={"benign": 3},
    )  # fmt: skip


Ran = tuple[int, str, str]


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Return what runs a command over the workspace: (exit code, stdout, stderr)."""

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run([*arguments, "--workspace", str(tmp_path)])
        out, err = capsys.readouterr()
        return code, out, err

    return call
