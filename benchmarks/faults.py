"""Faults at known rates: what is lost, how many calls it takes, how long, beside a plain loop.

python -m benchmarks.faults [ROUNDS]
"""

import asyncio
import heapq
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.asking import make_requests, params_for
from benchmarks.clients import prepare_peers
from benchmarks.loopback import Loopback, loopback, run_client
from benchmarks.table import Fate, Table
from schemas.answers import HarmVerdict
from schemas.calls import Request
from tasks.doors.llm import Engine, Parsed, map_bounded
from tasks.doors.store import Store

ROUNDS = 5
ROWS = 1000
IN_FLIGHT = 64
TRIES, ATTEMPTS = 3, 8  # of the engine: parses a row, attempts a call
MIXED = Table(refused=0.10, failed=0.05, malformed=0.05)
HEAVY = (Table(malformed=0.15, latency_s=0.02), Table(malformed=0.5, latency_s=0.02))
TAIL = Table(latency_s=0.5, latency_most_s=5.0, stalled=0.01)
TAIL_ROWS, TAIL_IN_FLIGHT, TAIL_TIMEOUT_S = 5000, 256, 10.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run, beside what the fault table allows at best."""

    seconds: float  # from the first request to the last answer, as for any client
    calls: int
    least_calls: int
    lost: int  # rows that could have been made and were not, or fail without a failure
    failed: int  # rows that the table lets nobody make, each told as a failure
    most_in_flight: int


async def _ask_all(url: str, rows: int, in_flight: int, timeout_s: float) -> Sequence[bool]:
    """Return for each row whether it was made; every other one came back as a failure."""
    requests = make_requests(rows)
    params = params_for(url, in_flight, timeout_s=timeout_s)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Store.open(f"duckdb:///{folder / 'store.duckdb'}") as store:
            async with Engine(params, store, folder / "journal", {}) as engine:

                async def ask(request: Request) -> Parsed[HarmVerdict]:
                    return await engine.ask_json(request, HarmVerdict)

                parsed = await map_bounded(requests, ask, limit=2 * in_flight)
    assert all((each.value is None) == (each.reply.error is not None) for each in parsed)
    return [each.value is not None for each in parsed]


def run(
    endpoint: Loopback, table: Table, rows: int, in_flight: int, timeout_s: float = 60
) -> Outcome:
    """Ask for all rows under a table of faults."""
    fates = [table.fate(row, tries=TRIES, attempts=ATTEMPTS) for row in range(rows)]
    endpoint.configure(table)
    made = asyncio.run(_ask_all(endpoint.url, rows, in_flight, timeout_s))
    found = endpoint.stats()
    return Outcome(
        seconds=found["seconds"],
        calls=found["calls"],
        least_calls=sum(fate.calls for fate in fates),
        lost=sum(fate.made and not row for fate, row in zip(fates, made, strict=True)),
        failed=_failed(fates, made),
        most_in_flight=found["most_in_flight"],
    )


def _failed(fates: Sequence[Fate], made: Sequence[bool]) -> int:
    return sum(not fate.made and not row for fate, row in zip(fates, made, strict=True))


def ideal_s(table: Table, rows: int, in_flight: int, timeout_s: float) -> float:
    """Return the seconds of a scheduler that costs nothing, starts rows in order, never waits."""
    places = [0.0] * in_flight
    for row in range(rows):
        at, attempt = heapq.heappop(places), 0
        while True:
            attempt += 1
            met = table.outcome(row, attempt)
            at += min(met.seconds, timeout_s)
            if met.kind == "good":
                break
        heapq.heappush(places, at)
    return max(places)


def _describe(name: str, runs: Sequence[Outcome]) -> dict[str, object]:
    one = runs[0]
    figures: dict[str, object] = {
        "seconds": round(median(run.seconds for run in runs), 2),
        "lost": max(run.lost for run in runs),
        "calls": max(run.calls for run in runs),
        "least_calls": one.least_calls,
        "failure_rows": one.failed,
    }
    print(f"{name:34} {figures['seconds']:6} s  {figures['lost']} lost  {figures['calls']} calls"
          f" (least {one.least_calls})  {one.failed} can't be made")  # fmt: skip
    return figures


def main() -> None:
    """Print a line for each table, then one line of JSON."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with loopback() as endpoint:
        mixed = [run(endpoint, MIXED, ROWS, IN_FLIGHT) for _ in range(rounds)]
        found = {"mixed": _describe("10% 429, 5% 500, 5% malformed", mixed)}
        for table in HEAVY:
            name = f"{table.malformed:.0%} malformed"
            found[name] = _describe(name, [run(endpoint, table, ROWS, IN_FLIGHT)])
        found["tail"] = _run_tail(endpoint)
        for client in prepare_peers():
            if client.name == "plain":
                plain = run_client(endpoint, MIXED, client.command, ROWS, IN_FLIGHT)
                if plain is not None:
                    print(f"plain loop {plain.seconds:29.2f} s  {ROWS - plain.rows} lost"
                          f"  {plain.calls} calls")  # fmt: skip
    print(json.dumps(found))


def _run_tail(endpoint: Loopback) -> dict[str, object]:
    done = run(endpoint, TAIL, TAIL_ROWS, TAIL_IN_FLIGHT, TAIL_TIMEOUT_S)
    ideal = ideal_s(TAIL, TAIL_ROWS, TAIL_IN_FLIGHT, TAIL_TIMEOUT_S)
    figures = _describe("log-normal 0.5-5 s, 1% stalls", [done])
    print(f"{'':34} {ideal / done.seconds:.1%} of the ideal {ideal:.2f} s,"
          f" {done.most_in_flight} in flight at most")  # fmt: skip
    return figures | {"share_of_ideal": round(ideal / done.seconds, 4)}


if __name__ == "__main__":
    main()
