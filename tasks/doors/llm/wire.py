"""Writes a request as the chat API takes it."""

import orjson

from schemas.base import JsonObject
from schemas.calls import Request
from schemas.params import Endpoint
from tasks.doors.llm.dialect import Dialect

SEEDS = 2**31  # some servers take 32 bits, signed


def write_body(request: Request, endpoint: Endpoint, dialect: Dialect, key: str) -> bytes:
    """Return the request's JSON body.

    A seed is drawn from the call's key: equal keys, equal bodies, whoever asks first.
    """
    body: JsonObject = {
        "model": endpoint.model,
        "messages": list(request.messages),
        "temperature": request.temperature,
        dialect.limit_name: request.max_tokens,
    }
    if request.tools:
        body["tools"] = list(request.tools)
    if request.response_schema is not None:
        body["messages"] = list(dialect.messages(request.messages, request.response_schema))
        if (wanted := dialect.response_format(request.response_schema)) is not None:
            body["response_format"] = wanted
    if endpoint.send_seed or endpoint.is_rehearsal:
        body["seed"] = int(key[:15], 16) % SEEDS
    return orjson.dumps(body)
