"""What came of calls."""

import pytest

from schemas.messages import Message, ToolCall
from tasks.judging.observations import error_code, outcomes


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('{"error":{"code":"bad_path","message":"no"}}', "bad_path"),
        ('{"error": "it broke"}', "error"),
        ('{"error": {"message": "it broke"}}', "error"),
        ('{"error": null, "rows": []}', ""),
        ('{"rows":[{"error":"a word in a row"}]}', ""),
        ('{"text":"error"}', ""),
        ('["error"]', ""),
        ('an "error" in prose', ""),
        ("", ""),
        (None, ""),
    ],
)
def test_an_error_is_told_by_its_shape(content: str | None, code: str) -> None:
    """A result that merely speaks of errors is none."""
    assert error_code(content) == code


def test_each_call_has_what_came_of_it() -> None:
    """By its id, in the order of the calls; a call without a result has not failed."""
    first, second, third = (ToolCall(id=each, name=each, arguments={}) for each in "abc")
    turns = [
        Message(role="assistant", tool_calls=(first, second)),
        Message(role="tool", tool_call_id="b", content='{"error":{"code":"busy"}}'),
        Message(role="tool", tool_call_id="a", content="{}"),
        Message(role="assistant", tool_calls=(third,)),
    ]
    assert [(o.call.id, o.code) for o in outcomes(turns)] == [("a", ""), ("b", "busy"), ("c", "")]
