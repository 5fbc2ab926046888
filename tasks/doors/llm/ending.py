"""What an answer is that is no answer: cut, filtered, refused, or a call in words."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from schemas.base import JsonObject
from schemas.calls import ErrorClass, Request, Usage
from schemas.messages import ToolCall

# finish reasons, as servers call them
_CUT = {"length", "max_tokens", "model_length", "max_output_tokens"}
_FILTERED = {"content_filter", "content_filtered", "safety", "sensitive"}
BROKEN_OFF = {"insufficient_system_resource", "abort", "aborted", "cancelled", "error"}
_CALL_IN_WORDS = re.compile(
    r"<tool_call>|<function=|<\|python_tag\|>|\[TOOL_CALLS\]|```tool_(?:call|code)"
)
_JSON_IN_WORDS = re.compile(r"(?:```(?:json)?\s*)?(\{.*\})\s*(?:```)?", re.DOTALL)
_OPEN_THOUGHT = re.compile(r"\s*<think(?:ing)?>")

Named = tuple[ErrorClass | None, str]


def finish_of(said: object, usage: Usage, request: Request) -> str:
    """Return why an answer ended; where the endpoint doesn't say, it is whole if it had room."""
    if said:
        return str(said).lower()
    return "length" if (usage.completion_tokens or 0) >= request.max_tokens else "stop"


def classify(
    request: Request,
    message: Mapping[str, Any],
    finish: str,
    text: str,
    calls: Sequence[ToolCall],
    fault: str,
) -> Named:
    """Return the error that an answer is and what there is to say of it; None if it is one."""
    if finish in _CUT:
        return "truncated", f"cut off at {request.max_tokens} tokens"
    if finish in _FILTERED:
        return "content_filtered", "the endpoint's content filter held the answer back"
    if fault:
        return "malformed", fault
    if calls:
        return None, ""
    if message.get("refusal") and request.role != "responder":
        return "generator_refused", "the model refused to write this"
    return _classify_text(request, text)


def _classify_text(request: Request, text: str) -> Named:
    if not text.strip():
        return "malformed", "the answer is empty"
    if _OPEN_THOUGHT.match(text):
        return "truncated", "its thought has no end"
    if request.tools and _is_call_in_words(text, request.tools):
        return "unparsed_call", "a tool call was written as text"
    return None, ""


def _is_call_in_words(text: str, tools: Sequence[JsonObject]) -> bool:
    if _CALL_IN_WORDS.search(text):
        return True
    found = _JSON_IN_WORDS.fullmatch(text.strip())
    if found is None:
        return False
    try:
        call = orjson.loads(found[1])
    except orjson.JSONDecodeError:
        return False
    return call.get("name") in [_name(tool) for tool in tools]


def _name(tool: JsonObject) -> object:
    function = tool.get("function")
    return function.get("name") if isinstance(function, dict) else None
