"""Against the format as its repository states it: functionary is in no package to be run."""

import json

from hypothesis import given

from schemas.messages import Message
from tasks.formats.exporting.functionary import FORMAT
from tests.tasks.formats.exporting.samples import (
    ASK,
    BOTH,
    DONE,
    SEEN,
    SENT,
    TOLD,
    TOOL,
    conversations,
    row,
    say,
    untrained,
)


def test_a_record_masks_what_is_untrained() -> None:
    """A turn may have text and calls; results name their function."""
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
                    "metadata": {"masked": True},
                },
                {"role": "tool", "content": "{}", "name": "send_note", "tool_call_id": "call_1"},
                {"role": "assistant", "content": "Done."},
            ],
            "tools": [TOOL],
        }
    ]


def test_results_stand_in_the_order_of_their_calls() -> None:
    """They are matched by nothing else; a name is the call's where the result has none."""
    nameless = SEEN.model_copy(update={"name": None})
    (record,) = say(FORMAT, row(ASK, BOTH, nameless, SENT, DONE))
    assert [turn.get("name") for turn in record["messages"]] == [
        None, None, "send_note", "look_up", None,
    ]  # fmt: skip


def test_a_result_of_no_call_is_withheld() -> None:
    """It would be taken for another's."""
    assert say(FORMAT, row(ASK, SENT, DONE)) == "unanswered_call"


@given(conversations())
def test_any_conversation_is_one_record(messages: tuple[Message, ...]) -> None:
    """Exactly the untrained assistant turns are masked; arguments read back."""
    (record,) = say(FORMAT, row(*messages), reasoning="strip")
    for turn, said in zip(messages, record["messages"], strict=True):
        masked = said.get("metadata", {}).get("masked", False)
        assert masked == (turn.role == "assistant" and not turn.train)
        read = [json.loads(call["function"]["arguments"]) for call in said.get("tool_calls", ())]
        assert read == [call.arguments for call in turn.tool_calls]
