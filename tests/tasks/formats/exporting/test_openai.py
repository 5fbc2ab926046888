import json

from hypothesis import given

from schemas.messages import Message
from tasks.formats.exporting.openai import FORMAT
from tests.tasks.formats.exporting.samples import (
    ASK,
    BOTH,
    CALLED,
    DONE,
    SEEN,
    SENT,
    TOLD,
    TOOL,
    conversations,
    harmful,
    row,
    say,
    untrained,
)


def test_a_record_is_a_chat_with_its_tools() -> None:
    """Arguments are text, assistant turns have a weight, nobody else has."""
    assert say(FORMAT, row(ASK, untrained(TOLD), SENT, DONE)) == [
        {
            "id": "example-abc",
            "canary": "",
            "messages": [
                {"role": "user", "content": "Please send a note."},
                {
                    "role": "assistant",
                    "content": "Right away.",
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
                    "weight": 0,
                },
                {"role": "tool", "content": "{}", "tool_call_id": "call_1"},
                {"role": "assistant", "content": "Done.", "weight": 1},
            ],
            "tools": [TOOL],
            "parallel_tool_calls": False,
        }
    ]


def test_several_calls_in_a_turn_are_said() -> None:
    """The flag beside the tools is the row's own."""
    (record,) = say(FORMAT, row(ASK, BOTH, SENT, SEEN, DONE))
    assert record["parallel_tool_calls"] is True


def test_a_row_without_tools_names_none() -> None:
    """The API takes no empty list, nor the flag without tools."""
    (record,) = say(FORMAT, row(ASK, DONE, tools=()))
    assert not {"tools", "parallel_tool_calls"} & record.keys()


def test_a_refusal_keeps_its_canary() -> None:
    """Request, refusal and canary stand in one record."""
    (record,) = say(FORMAT, harmful())
    assert record["canary"] == "canary-x"
    assert [turn["role"] for turn in record["messages"]] == ["user", "assistant"]


def test_a_row_that_ends_with_a_result_is_withheld() -> None:
    """The API wants an answer at the end."""
    assert say(FORMAT, row(ASK, CALLED, SENT)) == "turns_out_of_order"


@given(conversations())
def test_any_conversation_is_one_record(messages: tuple[Message, ...]) -> None:
    """Turns stay in order, weights are the flags, arguments read back as they were."""
    (record,) = say(FORMAT, row(*messages), reasoning="strip")
    assert len(record["messages"]) == len(messages)
    for turn, said in zip(messages, record["messages"], strict=True):
        assert said["role"] == turn.role
        assert (said.get("content") or "") == (turn.content or "")
        assert said.get("weight") == (int(turn.train) if turn.role == "assistant" else None)
        read = [json.loads(call["function"]["arguments"]) for call in said.get("tool_calls", ())]
        assert read == [call.arguments for call in turn.tool_calls]
