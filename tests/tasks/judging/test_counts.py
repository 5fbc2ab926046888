"""Small numbers of an answer that nobody said and that count nothing."""

import orjson
import pytest

from schemas.messages import Message, ToolCall
from tasks.judging.counts import miscounts

TOLD = ["Order 5 of the plum tarts for six people."]
SEEN = {"hops": 4, "mails": [{"read": True}, {"read": False}, {"read": False}]}


def turns(text: str) -> list[Message]:
    """Return a call, what it came to, and an answer."""
    call = ToolCall(id="1", name="t", arguments={"quantity": 5})
    seen = Message(role="tool", tool_call_id="1", content=orjson.dumps(SEEN).decode())
    final = Message(role="assistant", content=text)
    return [Message(role="assistant", tool_calls=(call,)), seen, final]


@pytest.mark.parametrize(
    "text",
    [
        "I ordered 5 of them over 4 hops.",
        "Enough for 6.",  # six people
        "There are 3 mails, 2 of them unread and 1 read.",
        "It took 1 call.",
        "1. I looked.\n2. I ordered.\n7. I am done.",
        "As of step 7 it is done, in about 8 minutes.",
        "It holds v7.2, a7 and 7/8 on 2026-07-09.",
        "Nothing to count.",
    ],
)
def test_what_was_said_or_can_be_counted_is_let_through(text: str) -> None:
    """Values, counts of calls and entries, and numbers that are none."""
    assert miscounts(turns(text), TOLD) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I ordered 7 of them.", ("7",)),
        ("There are 8 mails, 9 unread.", ("8", "9")),
        ("Reached over 7 hops with 0 percent loss.", ("7", "0")),
    ],
)
def test_any_other_figure_is_found(text: str, found: tuple[str, ...]) -> None:
    """In order, each once."""
    assert miscounts(turns(text), TOLD) == found


def test_without_turns_there_is_nothing_to_find() -> None:
    """No answer says no number."""
    assert miscounts([], TOLD) == ()
