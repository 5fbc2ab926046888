"""Writes a request as the chat API takes it, and as the endpoint understands it."""

import orjson

from schemas.base import JsonObject
from schemas.calls import Request
from schemas.endpoints import Endpoint
from tasks.doors.llm.powers import Powers

SEEDS = 2**31  # some servers take 32 bits, signed
_SHAPE = "Answer with one JSON object and nothing else. It matches this JSON Schema:\n"
_FENCED = "Answer with one JSON object in a ```json block and nothing else. It matches this "\
    "JSON Schema:\n"  # fmt: skip


def write_body(request: Request, endpoint: Endpoint, powers: Powers, key: str) -> bytes:
    """Return the request's JSON body.

    A seed is drawn from the call's key: equal keys, equal bodies, whoever asks first.
    """
    body: JsonObject = {
        "model": endpoint.model,
        "messages": list(request.messages),
        powers.limit_name: request.max_tokens,
    }
    if powers.temperature:
        body["temperature"] = request.temperature
    if request.tools:
        body["tools"] = list(request.tools)
    if request.response_schema is not None:
        body |= _shape(request, request.response_schema, powers)
    if powers.seed_name is not None and endpoint.send_seed is not False:
        body[powers.seed_name] = int(key[:15], 16) % SEEDS
    return orjson.dumps(body)


def _shape(request: Request, schema: JsonObject, powers: Powers) -> JsonObject:
    """Return the fields that ask for a structured answer, by what the endpoint has for it."""
    if powers.structured == "json_schema":
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    if powers.structured == "tool":
        return _as_call(schema, powers)
    words = _FENCED if powers.structured == "text" else _SHAPE
    body: JsonObject = {"messages": [*_with_words(request.messages, words, schema)]}
    if powers.structured == "json_object":
        body["response_format"] = {"type": "json_object"}
    elif powers.structured == "json_object_schema":
        body["response_format"] = {"type": "json_object", "schema": schema["schema"]}
    return body


def _as_call(schema: JsonObject, powers: Powers) -> JsonObject:
    named: JsonObject = {"type": "function", "function": {"name": schema["name"]}}
    function: JsonObject = {"name": schema["name"], "parameters": schema["schema"]}
    return {
        "tools": [{"type": "function", "function": function}],
        "tool_choice": "required" if powers.tool_choice == "required" else named,
    }


def _with_words(
    messages: tuple[JsonObject, ...], words: str, schema: JsonObject
) -> tuple[JsonObject, ...]:
    """Return the messages with the schema in the system message."""
    told = words + orjson.dumps(schema["schema"]).decode()
    first = messages[0]
    if first["role"] != "system":
        return ({"role": "system", "content": told}, *messages)
    return ({**first, "content": f"{first['content']}\n\n{told}"}, *messages[1:])
