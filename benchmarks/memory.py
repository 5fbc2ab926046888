"""Memory of a run through which 200,000 calls stream.

python -m benchmarks.memory [CALLS]
"""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.asking import make_request, params_for
from benchmarks.calls import answer_at_once
from schemas.answers import HarmVerdict
from tasks.doors.llm import Engine, map_bounded
from tasks.doors.store import Store

CALLS = 200_000
BASE = 2_000  # calls after which the base is taken: everything is loaded
STEPS = 20


def resident_mib() -> float:
    """Return the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 2**20


async def measure(calls: int, folder: Path) -> list[float]:
    """Return the MiB over the base after each twentieth of the calls."""
    params = params_for("http://one.example/v1", 64)
    over: list[float] = []
    with Store.open(f"duckdb:///{folder / 'store.duckdb'}") as store:
        async with Engine(params, store, folder / "journal", {}, app=answer_at_once) as engine:

            async def ask(row: int) -> None:
                await engine.ask_json(make_request(row), HarmVerdict)

            await map_bounded(range(BASE), ask, limit=128)
            base = resident_mib()
            for step in range(STEPS):
                rows = range(BASE + step * calls // STEPS, BASE + (step + 1) * calls // STEPS)
                await map_bounded(rows, ask, limit=128)
                over.append(resident_mib() - base)
    return over


def main() -> None:
    """Print the figures, then one line of JSON."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else CALLS
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        over = asyncio.run(measure(calls, Path(folder)))
    print("MiB over the base, after each twentieth:", *(f"{mib:.0f}" for mib in over))
    cpu_ms = (time.process_time() - began) / calls * 1000
    print(
        json.dumps({"most_mib_over_base": round(max(over), 1), "cpu_ms_per_call": round(cpu_ms, 3)})
    )


if __name__ == "__main__":
    main()
