"""Rows of other datasets, made by hand."""

from collections.abc import Sequence

from schemas.base import JsonObject
from schemas.messages import Message, ToolCall
from schemas.rows import Imported
from tasks.formats.importing.rows import ForeignRow
from tasks.imports import to_imported


def tool(name: str, description: str = "Finds things.") -> JsonObject:
    """Return a tool in OpenAI's form."""
    parameters: JsonObject = {"type": "object", "properties": {"q": {"type": "string"}}}
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
    }


def user(text: str) -> Message:
    """Return what a user says."""
    return Message(role="user", content=text, train=False)


def said(text: str) -> Message:
    """Return what an assistant says."""
    return Message(role="assistant", content=text)


def called(name: str, number: int = 0) -> tuple[Message, Message]:
    """Return a call and its result."""
    call = ToolCall(id=f"call_{number}", name=name, arguments={"q": "x"})
    result = Message(role="tool", content="{}", tool_call_id=call.id, name=name, train=False)
    return Message(role="assistant", tool_calls=(call,)), result


def foreign(
    number: int = 0,
    *,
    turns: Sequence[Message] = (),
    tools: Sequence[JsonObject] = (),
    source: str = "others",
) -> ForeignRow:
    """Return a sound row; if not said otherwise a request, a call, its result and an answer."""
    offered = tuple(tools) or (tool("find"),)
    plain = (user(f"Look number {number} up, please."), *called("find"), said("Here it is."))
    return ForeignRow(
        source=source,
        licence="MIT",
        source_id=f"row-{number}",
        place=f"others.jsonl, line {number + 1}",
        messages=tuple(turns) or plain,
        tools=offered,
        changed=(),
    )


def imported(number: int = 0, **changed: object) -> Imported:
    """Return a sound row of the store; fields may be changed."""
    row = foreign(number)
    return to_imported(row, f"third_party/others/row-{number}").model_copy(update=changed)
