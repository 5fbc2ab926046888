"""The embedded model on loopback, in a process of its own, that counts what it is asked for."""

import asyncio
import hashlib
import multiprocessing
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import uvicorn

from schemas.params import Rehearsal
from tasks.rehearsal import create_app

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
READ, CLEAR = "read", "clear"


@dataclass(frozen=True, slots=True)
class Heard:
    """Requests so far: all, and how many of them had been answered before."""

    requests: int
    repeated: int


class CountedModel:
    """The model's URL, and its counts."""

    def __init__(self, url: str, line: Connection) -> None:
        self.url, self._line = url, line

    def heard(self) -> Heard:
        """Return the counts since they were last cleared."""
        self._line.send(READ)
        requests, repeated = self._line.recv()
        return Heard(requests, repeated)

    def clear(self) -> None:
        """Start counting anew."""
        self._line.send(CLEAR)
        self._line.recv()


@contextmanager
def counted_model(latency_s: float) -> Iterator[CountedModel]:
    """Serve the embedded model until the block ends; an answer takes `latency_s`."""
    ours, theirs = multiprocessing.Pipe()
    serve = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(theirs, latency_s), daemon=True
    )
    serve.start()
    try:
        yield CountedModel(f"http://127.0.0.1:{ours.recv()}/v1", ours)
    finally:
        serve.terminate()
        serve.join()


def _serve(line: Connection, latency_s: float) -> None:
    asked: Counter[str] = Counter()
    model = create_app(Rehearsal())

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        asked[hashlib.sha256(message.get("body", b"")).hexdigest()] += 1
        await asyncio.sleep(latency_s)

        async def body() -> dict[str, Any]:
            return message

        await model(scope, body, send)  # type: ignore[arg-type]  # an ASGI message is a dict

    def answer() -> None:
        if line.recv() == CLEAR:
            asked.clear()
        line.send((asked.total(), asked.total() - len(asked)))

    asyncio.run(_run(app, line, answer))


async def _run(app: Any, line: Connection, answer: Callable[[], None]) -> None:  # noqa: ANN401
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    asyncio.get_running_loop().add_reader(line.fileno(), answer)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    line.send(server.servers[0].sockets[0].getsockname()[1])
    await task
