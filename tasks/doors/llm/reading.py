"""Reads an endpoint's answer into a Reply. Its text is not interpreted here."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from schemas.base import JsonObject
from schemas.calls import Reply, Request, Usage
from schemas.ids import digest
from schemas.messages import ToolCall
from tasks.doors.llm.ending import BROKEN_OFF, classify, finish_of

Json = Mapping[str, Any]
_THOUGHT = re.compile(r"\A\s*<think(?:ing)?>(.*?)</think(?:ing)?>\s*", re.DOTALL)


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
        usage = _usage(body.get("usage"))
        finish = finish_of(choice.get("finish_reason"), usage, sent.request)
        text = _text(message.get("content")) or _text(message.get("refusal"))
        raw_calls = message.get("tool_calls") or ()
    except (KeyError, IndexError, TypeError, AttributeError) as exc:
        msg = "the answer holds no message"
        raise UnreadableError(msg) from exc
    if finish in BROKEN_OFF:
        msg = f"the answer was broken off ({finish})"
        raise UnreadableError(msg)
    text, thought = _split_thought(text)
    calls, fault = _read_calls(raw_calls)
    error, detail = classify(sent.request, message, finish, text, calls, fault)
    if fault:
        text, calls = text + orjson.dumps(raw_calls).decode(), ()
    elif calls and sent.request.response_schema is not None:
        text, calls = orjson.dumps(calls[0].arguments).decode(), ()  # the answer is the call
    return Reply(
        key=sent.key,
        endpoint=sent.endpoint,
        model=str(body.get("model") or sent.model),
        text=text,
        tool_calls=calls,
        finish_reason=finish,
        fingerprint=str(body.get("system_fingerprint") or ""),
        reasoning=_text(message.get("reasoning_content") or message.get("reasoning"))
        or thought
        or None,
        usage=usage,
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


def _usage(said: object) -> Usage:
    if not isinstance(said, dict):
        return Usage()
    details = said.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    return Usage(
        prompt_tokens=_count(said.get("prompt_tokens")),
        completion_tokens=_count(said.get("completion_tokens")),
        cached_tokens=_count(said.get("prompt_cache_hit_tokens") if cached is None else cached),
    )


def count_tokens(content: bytes) -> tuple[int, int] | None:
    """Return prompt and completion tokens of a completion's body, where it says them."""
    try:
        usage = _usage(_load(content).get("usage"))
    except UnreadableError:
        return None
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return None
    return usage.prompt_tokens, usage.completion_tokens


def _split_thought(text: str) -> tuple[str, str]:
    """Return the text without a thought that stands before it in tags, and the thought."""
    found = _THOUGHT.match(text)
    return (text[found.end() :], found[1].strip()) if found else (text, "")


def _count(value: object) -> int | None:
    return value if isinstance(value, int) else None
