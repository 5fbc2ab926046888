"""Rows and conversations to export, and a version they are of."""

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from schemas.base import JsonObject
from schemas.messages import Message, ToolCall
from schemas.results import CallCounts, Manifest
from schemas.rows import Example
from tasks.formats.exporting.formats import Format
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.withholding import Withheld
from tasks.formats.versions import Version

SYSTEM = Message(role="system", content="Be brief.", train=False)
ASK = Message(role="user", content="Please send a note.", train=False)
NOTE = ToolCall(id="call_1", name="send_note", arguments={"to": "sam@example.com", "n": 1})
LOOK = ToolCall(id="call_2", name="look_up", arguments={"what": "<b>ü</b>"})
CALLED = Message(role="assistant", tool_calls=(NOTE,))
TOLD = Message(role="assistant", content="Right away.", tool_calls=(NOTE,))
BOTH = Message(role="assistant", tool_calls=(NOTE, LOOK))
SENT = Message(role="tool", content="{}", tool_call_id="call_1", name="send_note", train=False)
SEEN = Message(role="tool", content="[1]", tool_call_id="call_2", name="look_up", train=False)
DONE = Message(role="assistant", content="Done.")
REFUSED = Message(role="assistant", content="I can't help with that.")
TOOL: JsonObject = {
    "type": "function",
    "function": {
        "name": "send_note",
        "description": "Sends a note.",
        "parameters": {"type": "object", "properties": {"to": {"type": "string"}}},
    },
}


def untrained(turn: Message) -> Message:
    """Return a turn without loss."""
    return turn.model_copy(update={"train": False})


def thinking(turn: Message, thought: str = "Let me see.") -> Message:
    """Return a turn with what was thought before it."""
    return turn.model_copy(update={"reasoning": thought})


def row(*messages: Message, **fields: Any) -> Example:  # noqa: ANN401  # any field of a row
    """Return a row, benign and of the train split unless fields say otherwise."""
    given = {
        "id": "example-abc", "slot": "s", "label": "benign", "intent": "benign",
        "kind": "trajectory", "category": "privacy", "subcategory": "doxing",
        "pattern": ("Communication.send_email",), "pair": "b", "chain": "c", "binding": "b",
        "instruction": "i", "response": "r", "split": "train", "canary": None,
        "messages": messages or (ASK, CALLED, SENT, DONE), "tools": (TOOL,),
    }  # fmt: skip
    return Example.model_validate(given | fields)


def harmful(*messages: Message, **fields: Any) -> Example:  # noqa: ANN401  # any field of a row
    """Return a harmful row, which is a request and its refusal unless turns are given."""
    given = {"label": "harmful", "intent": "harmful", "kind": "refusal", "canary": "canary-x"}
    return row(*(messages or (ASK, REFUSED)), **(given | fields))


def version(name: str = "v1", *, rehearsal: bool = False) -> Version:
    """Return a version by name, without files."""
    manifest = Manifest(
        version=name, digest=f"digest of {name}", schema_version=1, rehearsal=rehearsal,
        created_at="", code_version="", rows={}, by_category={}, by_intent_and_category={},
        by_subcategory={}, splits={}, short={}, blocks={}, params={}, stages=(),
        calls=CallCounts(), files={},
    )  # fmt: skip
    return Version(Path("nowhere"), manifest)


def say(format: Format, found: Example, **options: Any) -> Any:  # noqa: ANN401  # JSON, any option
    """Return a row's records, or the reason why there are none."""
    records = format.to_records(found, ExportOptions(**options))
    return records.reason if isinstance(records, Withheld) else list(records)


TEXTS = st.text(max_size=12) | st.sampled_from(
    ["<tool_call>", "</think>", "{{content}}", "\u2028", "a\nb", '{"name": 1}', "🦔"]
)
NAMES = st.sampled_from(["send_note", "look-up", "a", "x" * 64])
ARGUMENTS = st.dictionaries(
    TEXTS, st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS, max_size=3
)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Message, ...]:
    """Draw turns in an order that makes sense: calls are answered, the end is an answer.

    Some assistant turns are untrained, some think, some have text beside their calls; ids may
    come again in later turns.
    """
    turns = [SYSTEM] * draw(st.integers(0, 1))
    for _ in range(draw(st.integers(1, 3))):
        turns.append(Message(role="user", content=draw(TEXTS), train=False))
        for _ in range(draw(st.integers(0, 2))):
            turns += draw(_calls())
        turns.append(draw(_assistant(calls=())))
    return tuple(turns)


@st.composite
def _calls(draw: st.DrawFn) -> list[Message]:
    ids = draw(st.lists(st.sampled_from(["call_0", "call_1", "1", "é"]), min_size=1, max_size=3,
                        unique=True))  # fmt: skip
    calls = tuple(ToolCall(id=i, name=draw(NAMES), arguments=draw(ARGUMENTS)) for i in ids)
    results = [
        Message(role="tool", content=draw(TEXTS), tool_call_id=c.id, name=c.name, train=False)
        for c in calls
    ]
    return [draw(_assistant(calls=calls)), *results]


@st.composite
def _assistant(draw: st.DrawFn, calls: tuple[ToolCall, ...]) -> Message:
    said = TEXTS.filter(bool)
    return Message(
        role="assistant",
        content=draw(st.none() | said) if calls else draw(said),
        tool_calls=calls,
        reasoning=draw(st.none() | said),
        train=draw(st.sampled_from([True, True, True, False])),
    )
