"""The engine with journal, cache and validation: URL CALLS IN_FLIGHT FOLDER."""

import asyncio
import gc
import sys
import time
from pathlib import Path

from agentalign.memory import collect_rarely
from benchmarks.asking import make_requests, params_for
from schemas.answers import HarmVerdict
from schemas.calls import Request
from tasks.doors.llm import Engine, map_bounded
from tasks.doors.store import Store


def warm_up(request: Request) -> Request:
    """Return a request that the endpoint does not count: it names no row."""
    *before, last = request.messages
    text = str(last["content"]).replace("row-", "warm ")
    return request.model_copy(update={"messages": (*before, {**last, "content": text})})


async def run(url: str, calls: int, in_flight: int, folder: Path) -> float:
    """Ask every request; return the CPU milliseconds of a call, the store's thread included."""
    requests = make_requests(calls)
    with Store.open(f"duckdb:///{folder / 'store.duckdb'}") as store:
        async with Engine(params_for(url, in_flight), store, folder / "journal", {}) as engine:

            async def ask(request: Request) -> None:
                parsed = await engine.ask_json(request, HarmVerdict)
                assert parsed.value is not None

            # what is loaded and opened once is no part of a call
            await map_bounded([warm_up(request) for request in requests[:50]], ask, limit=in_flight)
            began = time.process_time()
            await map_bounded(requests, ask, limit=2 * in_flight)
        return (time.process_time() - began) / calls * 1000


if __name__ == "__main__":
    url, calls, in_flight, folder = sys.argv[1:]
    collect_rarely()  # as in the process of a build
    gc.freeze()
    print(asyncio.run(run(url, int(calls), int(in_flight), Path(folder))))
