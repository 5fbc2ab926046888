"""A model stands in for tools that have no code: what comes of a call, consistent in its task."""

from collections.abc import Sequence

import orjson

from schemas.actions import Catalogue
from schemas.answers import SimulatedResult, response_schema
from schemas.base import JsonObject, JsonValue
from schemas.calls import Reply, Request
from schemas.errors import AgentAlignError
from schemas.ids import row_id
from schemas.messages import ToolCall
from schemas.prompts import load_prompt
from schemas.rows import CallResult
from tasks.context import RunContext
from tasks.world.runner import Session

PROMPT = "simulator"


class SimulationError(AgentAlignError):
    """What comes of a call could not be told: `reply` says what the model did instead."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"a simulated tool gave no answer: {reply.error or 'malformed'}")
        self.reply = reply


async def perform(
    context: RunContext,
    session: Session,
    call: ToolCall,
    stage: str,
    keys: list[str],
    *,
    sensitive: bool = False,
) -> CallResult:
    """Return what came of a call; the keys of calls to a model that it took are added to `keys`.

    Answers to them are `sensitive` where calls may carry out harm.

    Raises:
        SimulationError: the model that simulates the tool gave no usable answer.
        ExecutionLostError: the call took its worker down.
    """
    done = await session.call(call)
    if done is not None:
        return done
    request = _request(context, session, call, stage).model_copy(update={"sensitive": sensitive})
    parsed = await context.engine.ask_json(request, SimulatedResult)
    keys += parsed.keys
    if parsed.value is None:
        raise SimulationError(parsed.reply)
    return await session.tell(call, parsed.value.observed, ok=parsed.value.ok)


def _request(context: RunContext, session: Session, call: ToolCall, stage: str) -> Request:
    """Return what the model is asked: alike for alike calls in one world, whoever makes them."""
    facts = call_facts(context.catalogue, call, session.log)
    text = orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode()
    return Request(
        role="simulator",
        stage=stage,
        item=row_id("draw", "simulation", session.seed),
        messages=load_prompt(PROMPT).render(facts=text),
        response_schema=response_schema(SimulatedResult),
        temperature=context.params.simulation.temperature,
        max_tokens=1024,
        retry_epoch=context.params.epoch_of(stage),
    )


def call_facts(
    catalogue: Catalogue, call: ToolCall, earlier: Sequence[CallResult]
) -> dict[str, JsonValue]:
    """Return a call as its simulator sees it, what stays the same from call to call first.

    A call that a fault struck never reached it.
    """
    tool = catalogue.tools[call.name]
    return {
        "tool": tool.function()["function"],
        "does": catalogue.capabilities[tool.capability].description,
        "reads": tool.reads,
        "must_hold": list(tool.results.values()),
        "earlier": [_earlier(done) for done in earlier if done.incident != "fault"],
        "arguments": call.arguments,
    }


def _earlier(done: CallResult) -> JsonObject:
    call = done.call
    return {"tool": call.name, "arguments": call.arguments, "ok": done.ok, "result": done.result}
