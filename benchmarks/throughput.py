"""Calls over loopback HTTP, beside a raw aiohttp loop that keeps nothing, in one run.

python -m benchmarks.throughput [CALLS]
"""

import asyncio
import multiprocessing
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
import orjson

from benchmarks.calls import ANSWER, NoStore, make_requests
from schemas.answers import HarmVerdict
from schemas.calls import Request
from schemas.params import BuildParams, Endpoint, Limits, Roles, Weighted
from tasks.doors.llm import Engine, map_bounded

CALLS = 2000
IN_FLIGHT = 64
LATENCY_S = 0.2
RESPONSE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (
    len(ANSWER),
    ANSWER,
)


class SlowServer(asyncio.Protocol):
    """Answers every request after a while; costs as little as Python can."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start with an empty buffer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer once a body is whole."""
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(body) >= length:
            self._buffer = body[length:]
            loop = asyncio.get_running_loop()
            loop.call_later(LATENCY_S, self._transport.write, RESPONSE)


def serve(ready: Connection) -> None:
    """Serve until the process is ended; tell the port that was found."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(SlowServer, "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def time_raw(url: str, requests: list[Request]) -> float:
    """Return the seconds of a loop that sends and forgets."""
    async with aiohttp.ClientSession() as session:

        async def send(request: Request) -> None:
            body = orjson.dumps({"model": "m", "messages": request.messages})
            async with session.post(f"{url}/chat/completions", data=body) as response:
                await response.read()

        began = time.perf_counter()
        await map_bounded(requests, send, limit=IN_FLIGHT)
        return time.perf_counter() - began


async def time_engine(url: str, requests: list[Request]) -> float:
    """Return the seconds of the engine: cache, journal, limits, parsing."""
    endpoint = Endpoint(name="one", model="m", base_url=url)
    role = (Weighted(endpoint="one"),)
    roles = Roles(generator=role, judge=role, planner=role, responder=role)
    params = BuildParams(endpoints=(endpoint,), roles=roles, limits=Limits(in_flight=IN_FLIGHT))
    with tempfile.TemporaryDirectory() as folder:
        async with Engine(params, NoStore(), Path(folder), {}) as engine:

            async def ask(request: Request) -> None:
                await engine.ask_json(request, HarmVerdict)

            began = time.perf_counter()
            await map_bounded(requests, ask, limit=2 * IN_FLIGHT)
            return time.perf_counter() - began


async def measure(url: str, calls: int) -> dict[str, float]:
    """Return the least seconds of each, taken in turn."""
    requests = make_requests(calls, 0)
    await time_raw(url, requests[:200])
    raw, engine = [], []
    for _ in range(2):
        raw.append(await time_raw(url, requests))
        engine.append(await time_engine(url, requests))
    return {"raw aiohttp loop": min(raw), "engine": min(engine)}


def main() -> None:
    """Print the figures."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else CALLS
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    found = asyncio.run(measure(f"http://127.0.0.1:{ours.recv()}/v1", calls))
    server.terminate()
    ideal = calls / IN_FLIGHT * LATENCY_S
    for kind, seconds in found.items():
        print(f"{kind:17} {seconds:6.2f} s, {ideal / seconds:4.0%} of the ideal {ideal:.2f} s")
    print(f"engine at {found['raw aiohttp loop'] / found['engine']:.1%} of the raw loop")


if __name__ == "__main__":
    main()
