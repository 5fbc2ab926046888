"""An agent at work: a model calls tools in a world until it answers or a limit is reached."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import orjson

from schemas.actions import Catalogue
from schemas.base import JsonObject
from schemas.calls import Reply, Request, Role, Usage
from schemas.ids import canonical_json
from schemas.incidents import Incident
from schemas.messages import Message, ToolCall
from schemas.rows import CallResult
from tasks.context import RunContext
from tasks.simulation import SimulationError, perform
from tasks.world.runner import Session

MOST_TOKENS = 1024  # of one answer
End = Literal["answered", "acted", "step_limit", "failed"]


@dataclass(frozen=True, slots=True)
class Ask:
    """How an agent is asked: who, for which row, with which texts and settings.

    `texts` are the user's turns: each follows when the one before is answered. A call that is
    made in a `quiet` turn, or after a note has shown harm unless it is to go `onward`, ends the
    conversation and is never executed. `incidents` are planned to happen in the world. `spoken`
    are answers to texts, by their number, that somebody else gives before the model is asked.
    `endpoint` is asked, if one is named, whoever else plays the role; `index` is the sample's.
    """

    role: Role
    stage: str
    item: str
    system: str | None
    texts: tuple[str, ...]
    tools: tuple[str, ...]
    temperature: float
    step_limit: int
    quiet: frozenset[int] = frozenset()
    incidents: tuple[Incident, ...] = ()
    sensitive: bool = False
    reasoning: bool = False
    retry_epoch: int = 0
    onward: bool = False
    spoken: Mapping[int, str] = field(default_factory=dict)
    endpoint: str = ""
    index: int = 0
    max_tokens: int = MOST_TOKENS


@dataclass(slots=True)
class Conversation:
    """What happened: the turns after the first request, and how they ended.

    `keys` are those of all calls to models, of tools they simulated as well. `usages` are what
    the agent's own turns took.
    """

    session: Session
    turns: list[Message] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)
    last: Reply | None = None
    end: End = "failed"

    @property
    def answer(self) -> str:
        """The final text, empty where there is none."""
        return (self.turns[-1].content or "") if self.end == "answered" else ""

    def part(self, number: int) -> list[Message]:
        """Return the turns that follow the user's turn `number` (0-based), up to the next."""
        starts = [-1, *(n for n, turn in enumerate(self.turns) if turn.role == "user")]
        if number >= len(starts):
            return []
        until = (*starts, len(self.turns))[number + 1]
        return self.turns[starts[number] + 1 : until]


def offered_tools(names: Iterable[str], catalogue: Catalogue) -> tuple[JsonObject, ...]:
    """Return tools as the `tools` of a request, in their order."""
    return tuple(catalogue.tools[name].function() for name in names)


async def converse(context: RunContext, ask: Ask, world_seed: int) -> Conversation:
    """Let a model work on a request in a world.

    Returns the conversation; `end` is `step_limit` if it still calls tools after
    `ask.step_limit` model calls for one of the texts, `failed` if a call to a model failed
    (`last.error` says how) or its answer was removed (`last.tombstone`).

    Raises:
        ExecutionLostError: a tool call took its worker down.
    """
    talk = Conversation(context.worlds.session(world_seed, ask.incidents))
    try:
        await _talk(talk, context, ask, offered_tools(ask.tools, context.catalogue))
    except SimulationError as failed:
        talk.last = failed.reply
    if talk.end == "failed":
        await talk.session.close()
    return talk


async def _talk(
    talk: Conversation, context: RunContext, ask: Ask, tools: tuple[JsonObject, ...]
) -> None:
    """Put one text after the other until one of the ends is reached."""
    for number, text in enumerate(ask.texts):
        if number:
            talk.turns.append(Message(role="user", content=text, train=False))
        if number in ask.spoken:
            talk.turns.append(Message(role="assistant", content=ask.spoken[number]))
            talk.end = "answered"
            continue
        for _ in range(ask.step_limit):
            if not await _step(talk, context, ask, tools, quiet=number in ask.quiet):
                break
        else:
            talk.end = "step_limit"
        if talk.end != "answered":
            return


async def _step(
    talk: Conversation,
    context: RunContext,
    ask: Ask,
    tools: tuple[JsonObject, ...],
    *,
    quiet: bool,
) -> bool:
    """Take one turn of the agent's; return whether it goes on with what its calls came to."""
    talk.end = "failed"
    reply = await context.engine.ask(_request(ask, talk.turns, tools))
    talk.last = reply
    talk.keys.append(reply.key)
    if reply.error or reply.tombstone:
        return False
    talk.usages.append(reply.usage)
    talk.turns.append(_assistant(reply, reasoning=ask.reasoning))
    if not reply.tool_calls:
        talk.end = "answered"
        return False
    if quiet or (talk.session.revealed and not ask.onward):
        talk.end = "acted"
        return False
    for call in reply.tool_calls:
        done = await perform(
            context,
            talk.session,
            call,
            ask.stage,
            talk.keys,
            sensitive=ask.onward and ask.sensitive,
        )
        talk.turns.append(observation(done))
    return True


def _assistant(reply: Reply, *, reasoning: bool) -> Message:
    return Message(
        role="assistant",
        content=reply.text or None,
        tool_calls=reply.tool_calls,
        reasoning=reply.reasoning if reasoning else None,
    )


def observation(done: CallResult) -> Message:
    """Return the turn in which an agent sees what came of a call."""
    content = orjson.dumps(done.result).decode()
    return Message(
        role="tool", tool_call_id=done.call.id, name=done.call.name, content=content, train=False
    )


def _request(ask: Ask, turns: list[Message], tools: tuple[JsonObject, ...]) -> Request:
    opening = [{"role": "system", "content": ask.system}] if ask.system else []
    opening.append({"role": "user", "content": ask.texts[0]})
    return Request(
        role=ask.role,
        stage=ask.stage,
        item=ask.item,
        messages=(*opening, *(wire_format(turn) for turn in turns)),
        tools=tools,
        temperature=ask.temperature,
        sensitive=ask.sensitive,
        retry_epoch=ask.retry_epoch,
        endpoint=ask.endpoint,
        index=ask.index,
        max_tokens=ask.max_tokens,
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
