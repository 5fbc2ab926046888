"""What came of an agent's calls, by their ids: an error's code, or nothing wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from schemas.messages import Message, ToolCall


@dataclass(frozen=True, slots=True)
class Outcome:
    """A call and the code of the error it got; `code` is empty where it did what was asked.

    A call without a result is no failure.
    """

    call: ToolCall
    code: str


def error_code(content: str | None) -> str:
    """Return the code in an observation like `{"error": {"code": …, "message": …}}`, or nothing.

    An error without a code is `error`.
    """
    if not content or '"error"' not in content:
        return ""
    try:
        observed = orjson.loads(content)
    except orjson.JSONDecodeError:
        return ""
    error = observed.get("error") if isinstance(observed, dict) else None
    if not error:
        return ""
    return str(error.get("code") or "error") if isinstance(error, dict) else "error"


def outcomes(turns: Sequence[Message]) -> tuple[Outcome, ...]:
    """Return what came of every call, in the order they were made."""
    codes = {turn.tool_call_id: error_code(turn.content) for turn in turns if turn.role == "tool"}
    return tuple(
        Outcome(call, codes.get(call.id, "")) for turn in turns for call in turn.tool_calls
    )
