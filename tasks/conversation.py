"""An agent at work: a model calls tools in a world until it answers or a limit is reached."""

from dataclasses import dataclass, field
from typing import Literal

import orjson

from schemas.actions import Catalogue
from schemas.base import JsonObject
from schemas.calls import Reply, Request, Role
from schemas.ids import canonical_json
from schemas.messages import Message, ToolCall
from schemas.rows import Binding, CallResult
from tasks.context import RunContext
from tasks.simulation import SimulationError, perform
from tasks.world.runner import Session

End = Literal["answered", "acted", "step_limit", "failed"]


@dataclass(frozen=True, slots=True)
class Ask:
    """How an agent is asked: who, for which row, with which texts and settings.

    A `sensitive` conversation ends at the first call, which is never executed.
    """

    role: Role
    stage: str
    item: str
    system: str | None
    text: str
    temperature: float
    step_limit: int
    sensitive: bool = False
    retry_epoch: int = 0


@dataclass(slots=True)
class Conversation:
    """What happened: the agent's turns and observations, and how it ended.

    `keys` are those of all calls to models, of tools they simulated as well.
    """

    session: Session
    turns: list[Message] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    last: Reply | None = None
    end: End = "failed"

    @property
    def answer(self) -> str:
        """The final text, empty where there is none."""
        return (self.turns[-1].content or "") if self.end == "answered" else ""


def offered_tools(binding: Binding, catalogue: Catalogue) -> tuple[JsonObject, ...]:
    """Return the binding's tools as the `tools` of a request, in the order they are offered."""
    return tuple(catalogue.tools[name].function() for name in binding.tool_order)


async def converse(context: RunContext, ask: Ask, binding: Binding) -> Conversation:
    """Let a model work on a request in the binding's world.

    Returns the conversation; `end` is `step_limit` if it still calls tools after
    `ask.step_limit` model calls, `failed` if a call to a model failed (`last.error` says how) or
    its answer was removed (`last.tombstone`).

    Raises:
        ExecutionLostError: a tool call took its worker down.
    """
    talk = Conversation(context.worlds.session(binding.world_seed))
    try:
        await _talk(talk, context, ask, offered_tools(binding, context.catalogue))
    except SimulationError as failed:
        talk.last = failed.reply
    if talk.end == "failed":
        await talk.session.close()
    return talk


async def _talk(
    talk: Conversation, context: RunContext, ask: Ask, tools: tuple[JsonObject, ...]
) -> None:
    """Take turns until one of the ends is reached."""
    for _ in range(ask.step_limit):
        reply = await context.engine.ask(_request(ask, talk.turns, tools))
        talk.last = reply
        talk.keys.append(reply.key)
        if reply.error or reply.tombstone:
            return
        talk.turns.append(_assistant(reply))
        if not reply.tool_calls:
            talk.end = "answered"
            return
        if ask.sensitive:
            talk.end = "acted"
            return
        for call in reply.tool_calls:
            done = await perform(context, talk.session, call, ask.stage, talk.keys)
            talk.turns.append(_observation(done))
    talk.end = "step_limit"


def _assistant(reply: Reply) -> Message:
    return Message(role="assistant", content=reply.text or None, tool_calls=reply.tool_calls)


def _observation(done: CallResult) -> Message:
    content = orjson.dumps(done.result).decode()
    return Message(role="tool", tool_call_id=done.call.id, name=done.call.name, content=content)


def _request(ask: Ask, turns: list[Message], tools: tuple[JsonObject, ...]) -> Request:
    opening = [{"role": "system", "content": ask.system}] if ask.system else []
    opening.append({"role": "user", "content": ask.text})
    return Request(
        role=ask.role,
        stage=ask.stage,
        item=ask.item,
        messages=(*opening, *(wire_format(turn) for turn in turns)),
        tools=tools,
        temperature=ask.temperature,
        sensitive=ask.sensitive,
        retry_epoch=ask.retry_epoch,
    )


def wire_format(turn: Message) -> JsonObject:
    """Return a turn as the chat API takes it: arguments are a JSON string."""
    message: JsonObject = {"role": turn.role, "content": turn.content}
    if turn.tool_calls:
        message["tool_calls"] = [_wire_call(call) for call in turn.tool_calls]
    if turn.role == "tool":
        message["tool_call_id"] = turn.tool_call_id
    return message


def _wire_call(call: ToolCall) -> JsonObject:
    # one order of keys, whether the call comes from the endpoint or from the cache
    arguments = canonical_json(call.arguments).decode()
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }
