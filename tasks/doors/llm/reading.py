"""Reads an endpoint's answer into a Reply. Its text is not interpreted here."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from schemas.base import JsonObject
from schemas.calls import ErrorClass, Reply, Request, Usage
from schemas.ids import digest
from schemas.messages import ToolCall

Json = Mapping[str, Any]
_CALL_IN_WORDS = re.compile(
    r"<tool_call>|<function=|<\|python_tag\|>|\[TOOL_CALLS\]|```tool_(?:call|code)"
)
_JSON_IN_WORDS = re.compile(r"(?:```(?:json)?\s*)?(\{.*\})\s*(?:```)?", re.DOTALL)


class UnreadableError(ValueError):
    """A body that is no chat completion."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What an answer belongs to."""

    request: Request
    key: str
    endpoint: str
    model: str
    attempts: int
    latency_s: float


def read_reply(content: bytes, sent: Sent) -> Reply:
    """Return the reply in a completion's body.

    Errors that are in the answer itself (truncated, filtered, refused, calls that can't be
    read) are in `error`. Raises: UnreadableError.
    """
    body = _load(content)
    try:
        choice = body["choices"][0]
        message = choice["message"]
        finish = choice.get("finish_reason") or "stop"
        text = _text(message.get("content")) or _text(message.get("refusal"))
        raw_calls = message.get("tool_calls") or ()
    except (KeyError, IndexError, TypeError, AttributeError) as exc:
        msg = "the answer holds no message"
        raise UnreadableError(msg) from exc
    calls, fault = _read_calls(raw_calls)
    error, detail = _classify(sent.request, message, finish, text, calls, fault)
    if fault:
        text, calls = text + orjson.dumps(raw_calls).decode(), ()
    return Reply(
        key=sent.key,
        endpoint=sent.endpoint,
        model=str(body.get("model") or sent.model),
        text=text,
        tool_calls=calls,
        finish_reason=str(finish),
        fingerprint=str(body.get("system_fingerprint") or ""),
        reasoning=_text(message.get("reasoning_content") or message.get("reasoning")) or None,
        usage=_usage(body.get("usage")),
        latency_s=sent.latency_s,
        attempts=sent.attempts,
        error=error,
        detail=detail,
        text_digest=text_digest(text, calls),
    )


def text_digest(text: str, calls: Sequence[ToolCall]) -> str:
    """Return the digest that stands for an answer once its text is gone."""
    return digest(text, [call.model_dump() for call in calls])


def _load(content: bytes) -> Json:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        body = _load_leniently(content)
    if not isinstance(body, dict):
        msg = "the answer is no JSON object"
        raise UnreadableError(msg)
    return body


def _load_leniently(content: bytes) -> object:
    """Return a body that holds halves of emoji: models cut them in two."""
    try:
        text = json.dumps(json.loads(content.decode("utf-8", "replace")), ensure_ascii=False)
        return orjson.loads(text.encode("utf-8", "replace"))
    except (ValueError, RecursionError) as exc:
        msg = "the answer is no JSON"
        raise UnreadableError(msg) from exc


def _text(value: object) -> str:
    if isinstance(value, list):
        return "".join(str(part.get("text") or "") for part in value if isinstance(part, dict))
    return value if isinstance(value, str) else ""


def _read_calls(raw: object) -> tuple[tuple[ToolCall, ...], str]:
    """Return the calls, and what is wrong with them if they can't be read."""
    if not isinstance(raw, list):
        return (), "" if not raw else "tool_calls is no list"
    calls: list[ToolCall] = []
    for index, entry in enumerate(raw):
        try:
            name, arguments = entry["function"]["name"], _arguments(entry["function"])
            calls.append(ToolCall(id=entry.get("id") or f"call_{index}", name=name,
                                  arguments=arguments))  # fmt: skip
        except (KeyError, TypeError, AttributeError, ValueError):
            return (), f"the arguments of tool call {index + 1} are no JSON object"
    return tuple(calls), ""


def _arguments(function: Json) -> JsonObject:
    raw = function.get("arguments")
    loaded = orjson.loads(raw) if isinstance(raw, str) and raw.strip() else (raw or {})
    if not isinstance(loaded, dict):
        msg = "no object"
        raise TypeError(msg)
    return loaded


def _classify(
    request: Request, message: Json, finish: str, text: str, calls: Sequence[ToolCall], fault: str
) -> tuple[ErrorClass | None, str]:
    if finish == "length":
        return "truncated", f"cut off at {request.max_tokens} tokens"
    if finish == "content_filter":
        return "content_filtered", "the endpoint's content filter held the answer back"
    if fault:
        return "malformed", fault
    if calls:
        return None, ""
    if message.get("refusal") and request.role != "responder":
        return "generator_refused", "the model refused to write this"
    if not text.strip():
        return "malformed", "the answer is empty"
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


def _usage(said: object) -> Usage:
    if not isinstance(said, dict):
        return Usage()
    details = said.get("prompt_tokens_details")
    return Usage(
        prompt_tokens=_count(said.get("prompt_tokens")),
        completion_tokens=_count(said.get("completion_tokens")),
        cached_tokens=_count(details.get("cached_tokens")) if isinstance(details, dict) else None,
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) else None
