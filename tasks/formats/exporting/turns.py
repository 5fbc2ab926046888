"""Turns in OpenAI's words, which most formats share."""

from schemas.base import JsonObject
from schemas.ids import canonical_json
from schemas.messages import Message, ToolCall
from schemas.rows import Example


def split_system(messages: tuple[Message, ...]) -> tuple[str | None, tuple[Message, ...]]:
    """Return the system prompt at the start, if there is one, and the turns after it."""
    if messages and messages[0].role == "system":
        return messages[0].content, messages[1:]
    return None, messages


def write_call(call: ToolCall, call_id: str | None = None) -> JsonObject:
    """Return a call whose arguments are JSON text, under its own id or another."""
    return {
        "id": call.id if call_id is None else call_id,
        "type": "function",
        "function": {"name": call.name, "arguments": canonical_json(call.arguments).decode()},
    }


def write_origin(row: Example) -> JsonObject:
    """Return what tells a record's row and bars it from benchmarks: two texts, always there.

    A column that is null or absent in the first rows of a file is no text to its readers later.
    """
    return {"id": row.id, "canary": row.canary or ""}
