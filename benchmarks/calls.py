"""Client CPU of a model call in this process, beside a bare loop that keeps nothing.

python -m benchmarks.calls [CALLS]
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path

import orjson

from schemas.answers import HarmVerdict, response_schema
from schemas.calls import CallInfo, Reply, Request
from schemas.params import BuildParams, Endpoint
from tasks.doors.llm import Engine, map_bounded
from tasks.doors.llm.clients import AsgiApp, Message
from tasks.doors.llm.transport import Transport
from tasks.doors.store import Store

CALLS = 4000
ROUNDS = 10
IN_FLIGHT = 64
ANSWER = orjson.dumps(
    {
        "model": "rehearsal-judge",
        "choices": [
            {
                "finish_reason": "stop",
                "message": {
                    "role": "assistant",
                    "content": '{"signs_of_harm": "none", "reason": "An everyday errand."}',
                },
            }
        ],
        "usage": {"prompt_tokens": 500, "completion_tokens": 12},
    }
)


class NoStore:
    """Keeps replies in memory: what is measured is the engine."""

    def __init__(self) -> None:
        self._replies: dict[str, Reply] = {}

    async def load_replies(self, keys: Iterable[str], /) -> dict[str, Reply]:
        """Return the replies that are there."""
        return {key: self._replies[key] for key in keys if key in self._replies}

    async def save_replies(self, new: Sequence[tuple[Reply, CallInfo]], /) -> None:
        """Keep replies."""
        self._replies.update((reply.key, reply) for reply, _ in new)


async def answer_at_once(
    _scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Answer as an app that costs nothing."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": ANSWER})


def make_requests(calls: int, round_number: int) -> list[Request]:
    """Return requests of about 2 KB, all different."""
    system = {"role": "system", "content": "Read the request and say what it asks for. " * 30}
    return [
        Request(
            role="judge",
            stage="bench",
            item=f"{round_number}-{index}",
            messages=(system, {"role": "user", "content": f"{round_number}.{index} " * 60}),
            response_schema=response_schema(HarmVerdict),
        )
        for index in range(calls)
    ]


async def time_bare(requests: Sequence[Request], app: AsgiApp) -> float:
    """Return the CPU milliseconds a call of the openai client takes alone."""
    transport = Transport(Endpoint(name="bare", model="m"), None, app)

    async def send(request: Request) -> None:
        await transport.send(orjson.dumps({"model": "m", "messages": request.messages}), 1)

    return await _time(requests, send)


async def time_engine(engine: Engine, requests: Sequence[Request]) -> float:
    """Return the CPU milliseconds of a call: key, cache, scheduling, journal, store, parsing."""

    async def ask(request: Request) -> None:
        await engine.ask_json(request, HarmVerdict)

    return await _time(requests, ask)


async def _time(requests: Sequence[Request], one: Callable[[Request], Awaitable[None]]) -> float:
    began = time.process_time()
    await map_bounded(requests, one, limit=2 * IN_FLIGHT)
    return (time.process_time() - began) / len(requests) * 1000


async def measure(calls: int) -> dict[str, float]:
    """Return the least milliseconds of each kind over some rounds, taken in turn."""
    found: dict[str, list[float]] = {}
    params = BuildParams()
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"duckdb:///{folder}/store.duckdb")
        async with (
            Engine(params, NoStore(), Path(folder) / "a", {}, app=answer_at_once) as plain,
            Engine(params, store, Path(folder) / "b", {}, app=answer_at_once) as stored,
        ):
            for round_number in range(ROUNDS):
                requests = make_requests(calls // ROUNDS, round_number)
                kinds = {
                    "openai client alone": time_bare(requests, answer_at_once),
                    "engine, store in memory": time_engine(plain, requests),
                    "engine, DuckDB": time_engine(stored, requests),
                    "engine, DuckDB, cached": time_engine(stored, requests),
                }
                for kind, timed in kinds.items():
                    found.setdefault(kind, []).append(await timed)
        store.close()
    return {kind: min(times) for kind, times in found.items()}


def main() -> None:
    """Print the figures."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else CALLS
    for kind, milliseconds in asyncio.run(measure(calls)).items():
        print(f"{kind:26} {milliseconds:6.3f} ms CPU a call")


if __name__ == "__main__":
    main()
