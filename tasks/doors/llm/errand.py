"""A two-step errand that shows whether an endpoint can work with tools: look up, then use."""

from dataclasses import dataclass
from typing import Literal, Protocol

import orjson

from schemas.base import JsonObject
from schemas.calls import ErrorClass, Reply, Request
from schemas.ids import canonical_json
from schemas.messages import ToolCall

Step = Literal["first call", "second call", "answer", "done"]

_PARCEL, _LOCKER, _CODE = "5512", "K7", "4821"
_TEXT = (
    f"Parcel {_PARCEL} has arrived. Find out which locker it is in, then open that locker and "
    "tell me the code that opening it gives."
)


class Asks(Protocol):
    """What is needed of the engine."""

    async def ask(self, request: Request, /) -> Reply:
        """Return the reply to a request."""
        ...


@dataclass(frozen=True, slots=True)
class Errand:
    """How far it came, and what stood in the way: an error class, or what was wrong."""

    failed_at: Step
    error: ErrorClass | None = None
    detail: str = ""
    latency_s: float = 0.0


def _tool(name: str, does: str, argument: str) -> JsonObject:
    parameters: JsonObject = {
        "type": "object",
        "properties": {argument: {"type": "string"}},
        "required": [argument],
        "additionalProperties": False,
    }
    return {
        "type": "function",
        "function": {"name": name, "description": does, "parameters": parameters},
    }


_FIND, _OPEN = "find_parcel", "open_locker"
TOOLS = (
    _tool(_FIND, "Say which locker a parcel is in.", "parcel"),
    _tool(_OPEN, "Open a locker; gives the code of its inner door.", "locker"),
)


async def run_errand(asks: Asks) -> Errand:
    """Return how a model fares with the errand: three calls, each quoting what came before."""
    first = await asks.ask(_request([]))
    if fault := _wrong_call(first, _FIND, "parcel", _PARCEL):
        return _failed("first call", first, fault)
    turns = _turns(first, {"parcel": _PARCEL, "locker": _LOCKER})
    second = await asks.ask(_request(turns))
    if fault := _wrong_call(second, _OPEN, "locker", _LOCKER):
        return _failed("second call", second, fault)
    last = await asks.ask(_request([*turns, *_turns(second, {"opened": True, "code": _CODE})]))
    if last.error or _CODE not in last.text:
        return _failed("answer", last, "the code that a tool gave is not in the answer")
    return Errand("done", latency_s=(first.latency_s + second.latency_s + last.latency_s) / 3)


def _failed(step: Step, reply: Reply, fault: str) -> Errand:
    return Errand(step, reply.error, reply.detail if reply.error else fault, reply.latency_s)


def _wrong_call(reply: Reply, name: str, argument: str, value: str) -> str:
    """Return what is wrong with the call that was expected, or nothing."""
    if reply.error or not reply.tool_calls:
        return "no tool was called"
    call = reply.tool_calls[0]
    if call.name != name:
        return f"{call.name} was called, {name} was to be"
    if str(call.arguments.get(argument)) != value:
        return f"{name} was called with another {argument} than {value}"
    return ""


def _request(turns: list[JsonObject]) -> Request:
    return Request(
        role="responder",
        stage="doctor",
        item="doctor",
        messages=({"role": "user", "content": _TEXT}, *turns),
        tools=TOOLS,
        temperature=0.0,
        max_tokens=1024,
    )


def _turns(reply: Reply, result: JsonObject) -> list[JsonObject]:
    """Return a call and its result as the chat API takes them; further calls are left out."""
    call = reply.tool_calls[0]
    return [
        {"role": "assistant", "content": reply.text or None, "tool_calls": [_wire(call)]},
        {"role": "tool", "tool_call_id": call.id, "content": orjson.dumps(result).decode()},
    ]


def _wire(call: ToolCall) -> JsonObject:
    arguments = canonical_json(call.arguments).decode()
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }
