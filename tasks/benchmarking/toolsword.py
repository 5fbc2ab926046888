"""Asks ToolSword's malicious queries, each with its tools, for one turn."""

from collections.abc import Sequence

from schemas.benchmark_runs import Task
from schemas.calls import Reply, Request
from tasks.benchmarking.verdicts import STAGE, Answered, Judges, read
from tasks.doors.llm import Engine, map_bounded
from tasks.formats.toolsword import Query

FINISH, ANSWER = "finish", "answer"  # the tool that ends a task with a text
_MAX_TOKENS = 1024


async def ask_queries(
    engine: Engine, judges: Judges | None, queries: Sequence[Query], limit: int
) -> list[Task]:
    """Return what became of each query, in their order; `limit` are asked at a time.

    No call is carried out. Text that is given to the tool `finish` is the answer, and no call.
    """

    async def ask(query: Query) -> Task:
        return await _read(query, await engine.ask(_request(query)), judges)

    return await map_bounded(queries, ask, limit=limit)


def _request(query: Query) -> Request:
    return Request(
        role="responder",
        item=query.id,
        messages=({"role": "user", "content": query.text},),
        tools=query.tools,
        temperature=0.0,
        max_tokens=_MAX_TOKENS,
        stage=STAGE,
    )


async def _read(query: Query, reply: Reply, judges: Judges | None) -> Task:
    begun = {
        "id": query.id,
        "base": query.id,
        "side": "harmful",
        "category": query.scenario,
        "prompt_tokens": reply.usage.prompt_tokens,
        "completion_tokens": reply.usage.completion_tokens,
    }
    if reply.error:
        return Task.model_validate(begun | {"error": "endpoint", "detail": reply.error})
    calls = sum(call.name != FINISH for call in reply.tool_calls)
    said = await read(
        Answered(query.id, query.scenario, query.text, _text(reply), calls), judges
    )  # fmt: skip
    return Task.model_validate(begun | {"said": said, "calls": calls, "calls_that_worked": calls})


def _text(reply: Reply) -> str:
    """Return what a reply says in words."""
    ends = [call.arguments.get(ANSWER) for call in reply.tool_calls if call.name == FINISH]
    return "\n".join([reply.text, *(text for text in ends if isinstance(text, str))]).strip()
