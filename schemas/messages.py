"""Conversation turns, in the words of the OpenAI chat format."""

from typing import Literal

from schemas.base import Declared, JsonObject


class ToolCall(Declared):
    """One call an assistant makes; `arguments` is the decoded object."""

    id: str
    name: str
    arguments: JsonObject


class Message(Declared):
    """One turn. `train` says whether an assistant turn carries loss."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None
    reasoning: str | None = None  # what a model thought before it spoke, where that is kept
    train: bool = True
