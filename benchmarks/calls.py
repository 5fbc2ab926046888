"""Throughput and CPU of model calls, beside a raw loop that keeps nothing and three peers.

python -m benchmarks.calls [ROUNDS]
"""

import asyncio
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

from benchmarks.asking import make_requests, params_for
from benchmarks.clients import ENGINE, RAW, prepare_peers
from benchmarks.endpoint import GOOD, completion
from benchmarks.loopback import Ran, loopback, run_client
from benchmarks.table import Table
from schemas.answers import HarmVerdict
from schemas.calls import Request
from tasks.doors.llm import Engine, map_bounded
from tasks.doors.llm.clients import Message
from tasks.doors.store import Store

ROUNDS = 5
CALLS = 2000
IN_FLIGHT = 64
LATENCY_S = 0.2
ANSWER = completion(GOOD)


async def answer_at_once(
    _scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Answer as an app that costs nothing."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": ANSWER})


async def measure_inprocess() -> float:
    """Return the CPU milliseconds of a call with journal, DuckDB and validation."""
    requests = make_requests(CALLS)
    params = params_for("http://one.example/v1", IN_FLIGHT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Store.open(f"duckdb:///{folder / 'store.duckdb'}") as store:
            async with Engine(params, store, folder / "j", {}, app=answer_at_once) as engine:

                async def ask(request: Request) -> None:
                    await engine.ask_json(request, HarmVerdict)

                began = time.process_time()
                await map_bounded(requests, ask, limit=2 * IN_FLIGHT)
            return (time.process_time() - began) / CALLS * 1000


def measure(rounds: int) -> tuple[dict[str, list[Ran]], dict[str, list[Ran]], list[float]]:
    """Return what each client did at 200 ms and at 0 ms, and the in-process figures, by round."""
    slow: dict[str, list[Ran]] = defaultdict(list)
    fast: dict[str, list[Ran]] = defaultdict(list)
    inprocess: list[float] = []
    clients = [RAW, ENGINE, *prepare_peers()]
    with loopback() as endpoint:
        for number in range(rounds):
            for seconds, found in ((LATENCY_S, slow), (0.0, fast)):
                table = Table(latency_s=seconds)
                for client in clients[number % 2 :] + clients[: number % 2]:
                    ran = run_client(endpoint, table, client.command, CALLS, IN_FLIGHT)
                    if ran is not None and ran.rows == CALLS:
                        found[client.name].append(ran)
            inprocess.append(asyncio.run(measure_inprocess()))
            print(f"round {number + 1} of {rounds} done", file=sys.stderr, flush=True)
    return slow, fast, inprocess


def shares(found: dict[str, list[Ran]], of: str) -> float:
    """Return the median over the rounds of a client's throughput against the raw loop's."""
    pairs = zip(found["raw"], found[of], strict=False)
    return median(raw.seconds / ran.seconds for raw, ran in pairs)


def rate(found: dict[str, list[Ran]], of: str) -> float:
    """Return the median calls a second of a client."""
    return median(CALLS / ran.seconds for ran in found[of])


def main() -> None:
    """Print a table, then one line of JSON."""
    slow, fast, inprocess = measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
    print(f"{CALLS} calls, {IN_FLIGHT} in flight; medians of {len(slow['raw'])} rounds")
    print("client      200 ms: share of raw   share of ideal   0 ms: calls/s   CPU ms, start-up in")
    ideal = CALLS / IN_FLIGHT * LATENCY_S
    for name in (name for name in slow if fast[name]):
        seconds = median(ran.seconds for ran in slow[name])
        cpu_ms = median(ran.cpu_s for ran in fast[name]) / CALLS * 1000
        print(f"{name:11} {shares(slow, name):21.1%} {ideal / seconds:16.1%}"
              f" {rate(fast, name):15,.0f} {cpu_ms:21.2f}")  # fmt: skip
    figures = {
        "share_of_raw": round(shares(slow, "engine"), 4),
        "cpu_ms_per_call": round(median(float(ran.said) for ran in fast["engine"]), 3),
        "cpu_ms_per_call_inprocess": round(median(inprocess), 3),
        "calls_per_s": round(rate(fast, "engine"), 1),
        "peers": {
            name: {
                "share_of_raw": round(shares(slow, name), 4),
                "calls_per_s": round(rate(fast, name), 1),
            }
            for name in slow
            if name not in ("raw", "engine") and fast[name]
        },
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
