"""The embedded model as an ASGI app that speaks the OpenAI chat format."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import orjson

from schemas.actions import Catalogue
from schemas.params import Rehearsal
from tasks.rehearsal.behaviours import COMPLIES, EXAMPLE, HEEDS, REFUSES, behaviour_of
from tasks.rehearsal.defects import Faults
from tasks.rehearsal.exchange import CHARACTERS_PER_TOKEN, Asked, BadBodyError, Said, read_body
from tasks.rehearsal.jobs.dispatch import answer
from tasks.rehearsal.lexicon import Lexicon, lexicon_of
from tasks.rehearsal.voices import MODELS

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]
Json = dict[str, Any]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

STALL_S = 3600.0
_MESSAGES = {429: "Too many requests; try again.", 500: "The model had an error; try again."}


class _RefusedError(Exception):
    """A request that gets an error object instead of an answer."""

    def __init__(self, status: int, message: str, code: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def create_app(
    rehearsal: Rehearsal, catalogue: Catalogue | None = None, *, sleep: Sleep = asyncio.sleep
) -> AsgiApp:
    """Return the app. An answer is a function of the request body alone.

    The app knows the capabilities and tools of the catalogue; None stands for the built-in one.

    Transport faults depend on the body and the header `x-attempt`; a planted time-out awaits
    `sleep` for an hour, then answers.
    """
    return _App(Faults(rehearsal), lexicon_of(catalogue), sleep)


@dataclass(frozen=True, slots=True)
class _App:
    faults: Faults
    lexicon: Lexicon
    sleep: Sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            status, content = await self._respond(scope, receive)
            await _send(send, status, content)

    async def _respond(self, scope: Scope, receive: Receive) -> tuple[int, Json]:
        try:
            return 200, await self._route(scope, receive)
        except _RefusedError as refused:
            return refused.status, _error(refused)

    async def _route(self, scope: Scope, receive: Receive) -> Json:
        match scope["method"], scope["path"].rstrip("/"):
            case "POST", "/v1/chat/completions":
                return await self._complete(scope, await _read(receive))
            case "GET", "/v1/models":
                return _models()
            case method, path:
                msg = f"{method} {path} is unknown; known: POST /v1/chat/completions, /v1/models"
                raise _RefusedError(404, msg, "unknown_url")

    async def _complete(self, scope: Scope, raw: bytes) -> Json:
        asked = _check(raw, self.lexicon)
        status = self.faults.transport(asked, _attempt(scope))
        if status:
            raise _RefusedError(status, _MESSAGES[status], f"planted_{status}")
        if status == 0:
            await self.sleep(STALL_S)
        return _completion(asked, _answer(asked, self.faults))


def _check(raw: bytes, lexicon: Lexicon) -> Asked:
    try:
        asked = read_body(raw, lexicon)
    except BadBodyError as exc:
        raise _RefusedError(400, str(exc), "invalid_body") from exc
    if asked.body.model not in MODELS and behaviour_of(asked.body.model) is None:
        known = ", ".join((*MODELS, REFUSES, COMPLIES, HEEDS, EXAMPLE))
        msg = f"The model '{asked.body.model}' does not exist; known: {known}"
        raise _RefusedError(404, msg, "model_not_found")
    if asked.body.stream:
        msg = "Streaming is not offered; leave out `stream`."
        raise _RefusedError(400, msg, "unsupported_parameter")
    return asked


def _answer(asked: Asked, faults: Faults) -> Said:
    try:
        return answer(asked, faults)
    except BadBodyError as exc:
        raise _RefusedError(400, str(exc), "invalid_body") from exc


def _attempt(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"x-attempt" and value.isdigit():
            return int(value)
    return 1


def _completion(asked: Asked, said: Said) -> Json:
    text, finish, spent = _cut(said, asked.body.max_tokens or asked.body.max_completion_tokens)
    message: Json = {"role": "assistant", "content": text}
    if said.tool_calls:
        message["tool_calls"] = said.tool_calls
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    return {
        "id": f"chatcmpl-{asked.digest[:24]}",
        "object": "chat.completion",
        "created": 0,
        "model": asked.body.model,
        "choices": [choice],
        "usage": _usage(asked.tokens, spent),
        "system_fingerprint": said.fingerprint,
    }


def _cut(said: Said, max_tokens: int | None) -> tuple[str | None, str, int]:
    """Return text, finish reason and tokens spent; a text beyond the limit is cut off."""
    spent = (len(said.text or "") + sum(map(_length, said.tool_calls))) // CHARACTERS_PER_TOKEN + 1
    if said.tool_calls:
        return said.text, "tool_calls", spent
    if max_tokens is None or spent <= max_tokens or said.text is None:
        return said.text, "stop", spent
    return said.text[: max_tokens * CHARACTERS_PER_TOKEN], "length", max_tokens


def _length(call: Json) -> int:
    return len(call["function"]["name"]) + len(call["function"]["arguments"])


def _usage(prompt: int, completion: int) -> Json:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def _models() -> Json:
    entries = [{"id": m, "object": "model", "created": 0, "owned_by": "rehearsal"} for m in MODELS]
    return {"object": "list", "data": entries}


def _error(refused: _RefusedError) -> Json:
    kind = "server_error" if refused.status >= 500 else "invalid_request_error"
    kind = "rate_limit_error" if refused.status == 429 else kind
    return {"error": {"message": str(refused), "type": kind, "param": None, "code": refused.code}}


async def _read(receive: Receive) -> bytes:
    parts = []
    while True:
        event = await receive()
        parts.append(event.get("body", b""))
        if not event.get("more_body"):
            return b"".join(parts)


async def _send(send: Send, status: int, content: Json) -> None:
    raw = orjson.dumps(content)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(raw)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": raw})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return
