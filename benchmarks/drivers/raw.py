"""A raw aiohttp loop that keeps nothing: URL CALLS IN_FLIGHT FOLDER."""

import asyncio
import sys
import time

import aiohttp
import orjson

from benchmarks.asking import make_requests
from schemas.calls import Request
from tasks.doors.llm import map_bounded


async def run(url: str, calls: int, in_flight: int) -> float:
    """Send every request and forget the answer; return the CPU milliseconds of a call."""
    requests = make_requests(calls)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def send(request: Request) -> None:
            body = orjson.dumps({"model": "bench", "messages": request.messages})
            async with session.post(f"{url}/chat/completions", data=body) as response:
                await response.read()

        began = time.process_time()
        await map_bounded(requests, send, limit=in_flight)
    return (time.process_time() - began) / calls * 1000


if __name__ == "__main__":
    print(asyncio.run(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
