"""Finds out how an endpoint has to be asked, by a few small calls to it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from schemas.answers import Answer
from schemas.base import JsonObject
from schemas.calls import Reply, Request, Usage
from schemas.endpoints import StructuredMode
from tasks.doors.llm.parsing import MalformedError, parse_answer
from tasks.doors.llm.powers import Powers

Ask = Callable[[Request, Powers], Awaitable[Reply]]

STAGE = "probe"
# without a word about JSON: what comes back in shape was put in shape by the endpoint
_SHAPED = "Think of a colour and count the letters of its name. Say both."
_FREE = "Name five animals in any order, and nothing else."
_TO_CALL = "What time is it in Lisbon? Find out with the tool."
_BY_SCHEMA: tuple[StructuredMode, ...] = ("json_schema", "json_object_schema", "json_object")
_WAYS: tuple[tuple[str, JsonObject], ...] = (
    ("max_completion_tokens", {"limit_name": "max_completion_tokens"}),
    ("temperature", {"temperature": False}),
)


class Colour(Answer):
    """The structured answer that is asked for."""

    colour: str
    letters: int


SHAPE: JsonObject = {"name": "colour", "schema": Colour.model_json_schema(), "strict": False}
TOOL: JsonObject = {
    "type": "function",
    "function": {
        "name": "get_time",
        "description": "The local time in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


async def probe(ask: Ask, start: Powers) -> Powers | None:
    """Return what an endpoint understands; None if it answers nothing at all now.

    About eight calls, ten where little is supported. `ask` repeats what may pass.
    """
    asked = _Asked(ask)
    powers, first = await _find_words(asked, start)
    if first.error is not None and first.error != "truncated":
        return None
    seeds, choice, called = await asyncio.gather(
        _find_seeds(asked, powers), _find_choice(asked, powers), _ask_to_call(asked, powers)
    )
    found = {
        **seeds,
        "structured": await _find_shape(asked, powers, choice),
        "tool_choice": choice,
        "tools": "forced" if called == "none" and choice else called,
        "says_usage": first.usage.completion_tokens is not None,
        "model": first.model,
        "fingerprint": first.fingerprint,
        "calls": len(asked.replies),
        "usage": _sum(asked.replies),
    }
    return powers.model_copy(update=found)


class _Asked:
    """Asks, and remembers what came."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.replies: list[Reply] = []

    async def __call__(self, powers: Powers, text: str, **more: object) -> Reply:
        told = {"role": "judge", "stage": STAGE, "item": STAGE, "max_tokens": 512}
        messages = ({"role": "user", "content": text},)
        request = Request.model_validate({**told, "messages": messages, **more})
        reply = await self._ask(request, powers)
        self.replies.append(reply)
        return reply


async def _find_words(ask: _Asked, powers: Powers) -> tuple[Powers, Reply]:
    """Return the names of settings that it takes, and what it said."""
    reply = await ask(powers, _FREE, temperature=0.7)
    for word, change in _WAYS:
        if reply.error == "bad_request" and word in reply.detail:
            powers = powers.model_copy(update=change)
            reply = await ask(powers, _FREE, temperature=0.7)
    return powers, reply


async def _find_seeds(ask: _Asked, powers: Powers) -> dict[str, object]:
    for name in ("seed", "random_seed"):
        seeded = powers.model_copy(update={"seed_name": name})
        one, two = [await ask(seeded, _FREE, temperature=1.0) for _ in range(2)]
        if one.error != "bad_request":
            return {"seed_name": name, "seed_repeats": one.text == two.text}
    return {"seed_name": None, "seed_repeats": None}


async def _find_shape(ask: _Asked, powers: Powers, choice: str | None) -> StructuredMode:
    """Return the first way to ask for JSON that gives it, or else the first that is accepted."""
    accepted: list[StructuredMode] = []
    for mode in _BY_SCHEMA:
        shaped = powers.model_copy(update={"structured": mode})
        reply = await ask(shaped, _SHAPED, response_schema=SHAPE)
        if _is_shaped(reply):
            return mode
        if reply.error in (None, "truncated"):
            accepted.append(mode)
    return "tool" if choice else accepted[0] if accepted else "text"


async def _find_choice(ask: _Asked, powers: Powers) -> str | None:
    """Return how a call can be forced."""
    for choice in ("named", "required"):
        told = {"structured": "tool", "tool_choice": choice}
        reply = await ask(powers.model_copy(update=told), _SHAPED, response_schema=SHAPE)
        if _is_shaped(reply):
            return choice
    return None


async def _ask_to_call(ask: _Asked, powers: Powers) -> str:
    """Return whether a tool that is offered is called, or a call is written as text."""
    reply = await ask(powers, _TO_CALL, tools=(TOOL,))
    if reply.tool_calls:
        return "called"
    return "written" if reply.error == "unparsed_call" else "none"


def _is_shaped(reply: Reply) -> bool:
    try:
        parse_answer(reply.text, Colour)
    except MalformedError:
        return False
    return reply.error is None


def _sum(replies: Sequence[Reply]) -> Usage:
    """Return the tokens of replies as far as they are said."""
    return Usage(
        prompt_tokens=sum(reply.usage.prompt_tokens or 0 for reply in replies),
        completion_tokens=sum(reply.usage.completion_tokens or 0 for reply in replies),
    )
