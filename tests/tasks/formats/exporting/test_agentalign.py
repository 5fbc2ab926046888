from pathlib import Path

import orjson

from schemas.base import JsonObject
from schemas.messages import Message, ToolCall
from schemas.rows import Example
from tasks.formats.exporting.agentalign import FORMAT, to_records
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.withholding import Withheld
from tasks.formats.exporting.writing import export
from tests.tasks.formats.exporting.samples import version

CALL = ToolCall(id="call_1", name="send_note", arguments={"to": "sam@example.com", "n": 1})
SYSTEM = Message(role="system", content="Be brief.")
ASK = Message(role="user", content="Please send a note.")
HELPED = (
    Message(role="assistant", tool_calls=(CALL,)),
    Message(role="tool", content="{}", tool_call_id="call_1", name="send_note"),
    Message(role="assistant", content="Done."),
)
REFUSED = (Message(role="assistant", content="I can't help with that."),)
TOOL = {"type": "function", "function": {"name": "send_note", "parameters": {"type": "object"}}}


def to_record(row: Example) -> JsonObject:
    records = to_records(row, ExportOptions())
    assert not isinstance(records, Withheld)
    (record,) = records
    return record


def benign(*messages: Message, source: str = "own") -> Example:
    return Example(
        id="example-abc", slot="s", label="benign", intent="benign", kind="trajectory",
        category="privacy", subcategory="doxing", pattern=("Communication.send_email",),
        pair="b", chain="c", binding="b", instruction="i", response="r", split="train",
        messages=messages or (SYSTEM, ASK, *HELPED), tools=(TOOL,), canary=None, source=source,
    )  # fmt: skip


def harmful(*messages: Message) -> Example:
    return benign(*(messages or (ASK, *REFUSED))).model_copy(
        update={"label": "harmful", "intent": "harmful", "canary": "canary-x"}
    )


def test_a_trajectory_has_the_released_form() -> None:
    """Keys, ids, string arguments and tool turns are those of the released set."""
    assert to_record(benign()) == {
        "id": "benign-abc",
        "category": "benign",
        "sub_category": "doxing",
        "pattern": ["Communication.send_email"],
        "messages": [
            {"role": "user", "content": "Please send a note."},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {
                            "name": "send_note",
                            "arguments": '{"n":1,"to":"sam@example.com"}',
                        },
                    }
                ],
            },
            {"role": "tool", "content": "{}", "tool_call_id": "call_1", "name": "send_note"},
            {"role": "assistant", "content": "Done."},
        ],
        "tools": [TOOL],
        "split": "train",
        "system": "Be brief.",
    }


def test_a_refusal_is_request_and_refusal() -> None:
    """A harmful row is exactly two turns, under its category, with the canary."""
    record = to_record(harmful(SYSTEM, ASK, *REFUSED))
    assert record["id"] == "privacy-abc"
    assert record["category"] == "privacy"
    assert record["canary"] == "canary-x"
    assert record["messages"] == [
        {"role": "user", "content": "Please send a note."},
        {"role": "assistant", "content": "I can't help with that."},
    ]


def test_third_party_rows_are_benign_by_another_id() -> None:
    """Their ids start with their source, as in the released set."""
    record = to_record(benign(source="toolace"))
    assert (record["id"], record["category"]) == ("toolace-abc", "benign")


def test_a_row_with_an_untrained_turn_is_withheld() -> None:
    """The released format trains every assistant turn."""
    untrained = HELPED[0].model_copy(update={"train": False})
    found = to_records(benign(ASK, untrained, *HELPED[1:]), ExportOptions())
    assert found == Withheld("untrained_turn")


def test_an_export_is_one_list_of_all_splits(tmp_path: Path) -> None:
    """Rows of every split stand in one file, each with its split."""
    test = benign().model_copy(update={"split": "test"})
    manifest = export([test, harmful()], version("v1"), FORMAT, tmp_path)
    (file,) = manifest.files
    assert file.name == "agentalign-v1.json"
    records = orjson.loads((tmp_path / file.name).read_bytes())
    assert [(each["id"], each["split"]) for each in records] == [
        ("benign-abc", "test"),
        ("privacy-abc", "train"),
    ]
    assert manifest.by_category == {"benign": 1, "privacy": 1}
