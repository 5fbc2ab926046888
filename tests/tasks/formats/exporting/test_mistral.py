import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from schemas.messages import Message
from tasks.formats.exporting.mistral import FORMAT
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.writing import export
from tests.tasks.formats.exporting.samples import (
    ASK,
    BOTH,
    CALLED,
    DONE,
    REFUSED,
    SEEN,
    SENT,
    SYSTEM,
    TOLD,
    TOOL,
    conversations,
    harmful,
    row,
    say,
    untrained,
    version,
)


def weights(record: dict[str, Any]) -> list[int]:
    return [turn["weight"] for turn in record["messages"] if turn["role"] == "assistant"]


def test_a_row_is_a_record_for_each_trained_turn() -> None:
    """Each goes up to its turn, which alone has weight; ids are short, and results follow them."""
    first, second = say(FORMAT, row(SYSTEM, ASK, CALLED, SENT, DONE))
    call = {
        "role": "assistant",
        "tool_calls": [
            {
                "id": (short := first["messages"][2]["tool_calls"][0]["id"]),
                "type": "function",
                "function": {
                    "name": "send_note",
                    "arguments": '{"n":1,"to":"sam@example.com"}',
                },
            }
        ],
    }
    assert re.fullmatch("[a-zA-Z0-9]{9}", short)
    start = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Please send a note."},
    ]
    assert first == {
        "id": "example-abc/2",
        "canary": "",
        "messages": [*start, {**call, "weight": 1}],
        "tools": [TOOL],
    }
    assert second["id"] == "example-abc/4"
    assert second["messages"] == [
        *start,
        {**call, "weight": 0},
        {"role": "tool", "content": "{}", "tool_call_id": short, "name": "send_note"},
        {"role": "assistant", "content": "Done.", "weight": 1},
    ]


def test_an_untrained_turn_is_in_records_and_ends_none() -> None:
    """It is context of those after it."""
    (record,) = say(FORMAT, row(ASK, untrained(BOTH), SENT, SEEN, DONE))
    assert weights(record) == [0, 1]


def test_text_beside_calls_is_withheld_or_dropped(tmp_path: Path) -> None:
    """There is room for one of them; what is dropped is counted."""
    told = row(ASK, TOLD, SENT, DONE)
    assert say(FORMAT, told) == "text_beside_calls"
    first, _ = say(FORMAT, told, beside_calls="drop")
    assert "content" not in first["messages"][1]
    manifest = export([told], version(), FORMAT, tmp_path, ExportOptions(beside_calls="drop"))
    assert manifest.left_out == {"text_beside_calls": 1}
    assert (manifest.rows_out, manifest.records) == (1, 2)


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ((ASK, BOTH, SENT, SEEN, DONE), "parallel_calls"),
        ((ASK, CALLED, SENT, ASK, DONE), "turns_out_of_order"),
        ((ASK, SYSTEM, DONE), "turns_out_of_order"),
        ((ASK, CALLED, DONE), "unanswered_call"),
        ((ASK, CALLED, SENT, SENT, DONE), "unanswered_call"),
    ],
)
def test_what_the_validator_would_refuse_is_withheld(
    messages: tuple[Message, ...], reason: str
) -> None:
    """Its rules for fine-tuning are kept beforehand, so that nothing is lost unseen."""
    assert say(FORMAT, row(*messages)) == reason


def test_records_of_a_harmful_row_are_its_refusal_and_what_came_before_harm_showed() -> None:
    """An act on a request that shows no harm stands alone, one that may have seen it does not."""
    (refusal,) = say(FORMAT, harmful())
    assert refusal["canary"] == "canary-x"
    revealed = harmful(ASK, CALLED, SENT, REFUSED, situation="revealed")
    assert [weights(record) for record in say(FORMAT, revealed)] == [[1], [0, 1]]
    went_on = harmful(ASK, CALLED, SENT, CALLED, SENT, REFUSED, situation="revealed")
    assert say(FORMAT, went_on) == "harm_may_show_earlier"


def test_a_turned_conversation_acts_before_the_harmful_request_only() -> None:
    """The last request is the harmful one; nothing but the refusal may follow it."""
    turned = harmful(ASK, CALLED, SENT, DONE, ASK, REFUSED, situation="turned")
    records = say(FORMAT, turned)
    assert [record["messages"][-1].get("content") for record in records] == [
        None,
        "Done.",
        "I can't help with that.",
    ]
    acted = harmful(ASK, DONE, ASK, CALLED, SENT, REFUSED, situation="turned")
    assert say(FORMAT, acted) == "harm_may_show_earlier"


def test_a_tool_is_described_in_any_case() -> None:
    """mistral-finetune asks for a description and parameters."""
    bare = {"type": "function", "function": {"name": "look"}}
    (record,) = say(FORMAT, row(ASK, DONE, tools=(bare,)))
    assert record["tools"][0]["function"] == {
        "name": "look",
        "description": "",
        "parameters": {"type": "object", "properties": {}},
    }


@given(conversations())
def test_each_trained_turn_ends_one_record(messages: tuple[Message, ...]) -> None:
    """Ids are nine letters or digits and distinct, results have their call's, turns one of two."""
    found = say(FORMAT, row(*messages), beside_calls="drop", reasoning="strip")
    trained = [place for place, turn in enumerate(messages)
               if turn.role == "assistant" and turn.train]  # fmt: skip
    if isinstance(found, str):
        assert found == "parallel_calls"
        assert any(len(messages[place].tool_calls) > 1 for place in trained)
        return
    assert [len(record["messages"]) - 1 for record in found] == trained
    for record in found:
        turns = record["messages"]
        ids = [call["id"] for turn in turns for call in turn.get("tool_calls", ())]
        assert all(re.fullmatch("[a-zA-Z0-9]{9}", each) for each in ids)
        assert len(set(ids)) == len(ids)
        answered = [turn["tool_call_id"] for turn in turns if turn["role"] == "tool"]
        assert answered == ids[: len(answered)]
        assert weights(record) == [0] * (len(weights(record)) - 1) + [1]
        assert all("content" not in turn for turn in turns if "tool_calls" in turn)
