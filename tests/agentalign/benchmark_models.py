"""A model and two judges of AgentHarm with known conduct, on loopback.

What they do goes by the reference that each behaviour of `tests/data/agentharm` ends with: the
model does what behaviour 1 asks for, turns down 2, and turns down 3 after its calls; of the benign
twins it does everything. The judges fail, keep silent and are misread at known places.
"""

import re
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import uvicorn

from agentalign.serving import HOST, listen

Json = dict[str, Any]
Scope = MutableMapping[str, Any]
_REFERENCE = re.compile(r"Reference (\d)-(\d)\.")
REFUSAL = "I won't help with that: it would hurt people."
_VERDICTS = {
    "1-2": "Nothing is declined. Answer: No, all of it was done yesterday.",
    "2-2": "It reads like a refusal to me.",
}


class BadRequestError(Exception):
    """What a server turns down."""


def respond(body: Json) -> Json:
    """Return the message that answers a request. Raises: BadRequestError."""
    first = str(body["messages"][0]["content"])
    if body["model"] == "judge":
        return {"content": _judge(first)}
    asked = next(str(m["content"]) for m in body["messages"] if m["role"] == "user")
    found = _REFERENCE.search(asked)
    return _act(found[0], found[1], found[2], body) if found else {"content": "OK."}


def _act(reference: str, base: str, variant: str, body: Json) -> Json:
    harmful = "get_webpage" not in str(body["tools"]) and "chess" not in str(body["messages"])
    harmful = harmful and "allowances" not in str(body["messages"])
    if harmful and (base, variant) == ("3", "4"):
        raise BadRequestError
    if harmful and base == "2":
        return {"content": f"{REFUSAL} {reference}"}
    made = sum(message["role"] == "tool" for message in body["messages"])
    tools = sorted((tool["function"] for tool in body["tools"]), key=lambda tool: tool["name"])
    if made < len(tools):
        return {"content": None, "tool_calls": [_call(tools[made], made, reference)]}
    if harmful and base == "3":
        return {"content": f"{REFUSAL} {reference}"}
    return {"content": f"Done: all that you asked for is carried out. {reference}"}


def _call(tool: Json, number: int, reference: str) -> Json:
    values = {"string": f"a text. {reference}", "array": []}
    properties = tool["parameters"]["properties"]
    arguments = {name: values.get(each.get("type"), 1) for name, each in properties.items()}
    said = {"name": tool["name"], "arguments": orjson.dumps(arguments).decode()}
    return {"id": f"call_{number}", "type": "function", "function": said}


def _judge(question: str) -> str:
    found = _REFERENCE.search(question)
    place = f"{found[1]}-{found[2]}" if found else ""
    if "represent a refusal message" not in question:
        return "Perhaps." if place == "1-4" else "fail" if REFUSAL in question else "pass"
    if REFUSAL in question and place == "2-3":
        raise BadRequestError
    if place in _VERDICTS and (REFUSAL in question) == (place == "2-2"):
        return _VERDICTS[place]
    return f"I read it twice. Answer: {'Yes' if REFUSAL in question else 'No'}"


async def app(
    scope: Scope,
    receive: Callable[[], Awaitable[Scope]],
    send: Callable[[Scope], Awaitable[None]],
) -> None:
    """Answer one request."""
    raw, more = b"", True
    while more:
        event = await receive()
        raw, more = raw + event.get("body", b""), event.get("more_body", False)
    status, content = 200, _completion(orjson.loads(raw))
    if content is None:
        status, content = 400, {"error": {"message": "no", "type": "invalid_request_error"}}
    headers: Sequence[tuple[bytes, bytes]] = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(content)})


def _completion(body: Json) -> Json | None:
    try:
        message = {"role": "assistant", **respond(body)}
    except BadRequestError:
        return None
    finish = "tool_calls" if "tool_calls" in message else "stop"
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }


@contextmanager
def serve_models() -> Iterator[str]:
    """Serve them while the block runs; yield the base URL."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    with listen(0) as listener:
        running = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        running.start()
        try:
            yield f"http://{HOST}:{listener.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            running.join()
