"""200,000 cached calls: whole answers by key, in batches, and the memory that takes.

python -m benchmarks.cache [--calls 200000] [--batch 5000]
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from schemas.calls import CallInfo, Reply, Usage
from schemas.ids import digest
from tasks.doors.store import Store

ROUNDS = 5
LEAST_PER_S = 20_000
MOST_GROWTH_MIB = 200
INFO = CallInfo(stage="bench", role="judge", item="item")
TEXT = "What there is to say of an errand, in a few words of no consequence. "
USAGE = Usage(prompt_tokens=500, completion_tokens=150)


def resident_mib() -> float:
    """Return the memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def make_reply(number: int) -> Reply:
    """Return an answer of about 1 KB."""
    text = f"{number} {TEXT * 14}"
    return Reply(
        key=digest("bench", number), endpoint="e", model="m", text=text, usage=USAGE,
        latency_s=0.2, text_digest=digest(text),
    )  # fmt: skip


def batches(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """Yield the numbers, `size` at a time."""
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


async def fill(store: Store, calls: int) -> None:
    """Write the calls, as a run does: 500 a transaction."""
    for part in batches(range(calls), 500):
        await store.save_replies([(make_reply(number), INFO) for number in part])


async def read(store: Store, keys: Sequence[str], size: int) -> tuple[float, float]:
    """Return answers a second, and a second of CPU."""
    began, spent, found = time.perf_counter(), time.process_time(), 0
    for part in batches(range(len(keys)), size):
        found += len(await store.load_replies([keys[number] for number in part]))
    if found != len(keys):
        sys.exit(f"{len(keys) - found} answers are missing")
    return found / (time.perf_counter() - began), found / (time.process_time() - spent)


async def measure(calls: int, size: int, url: str) -> dict[str, float]:
    """Return the figures: medians over rounds in the order of writing, and in any other."""
    with Store.open(url) as store:
        await fill(store, calls)
    with Store.open(url) as store:
        keys = [digest("bench", number) for number in range(calls)]
        await read(store, keys[:size], size)
        base = resident_mib()
        in_order = [await read(store, keys, size) for _ in range(ROUNDS)]
        random.Random(0).shuffle(keys)
        shuffled = [await read(store, keys, size) for _ in range(ROUNDS)]
        return {
            "calls": calls,
            "batch": size,
            "answers_per_s": round(median(wall for wall, _ in in_order)),
            "answers_per_cpu_s": round(median(cpu for _, cpu in in_order)),
            "answers_per_s_in_any_order": round(median(wall for wall, _ in shuffled)),
            "mib_over_base": round(resident_mib() - base, 1),
        }


def main() -> None:
    """Print the figures, then one JSON line; exit 1 if one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200_000)
    parser.add_argument("--batch", type=int, default=5_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(options.calls, options.batch, f"duckdb:///{folder}/s"))
    for name, value in found.items():
        print(f"{name.replace('_', ' '):28} {value:>12,}")
    print(json.dumps(found))
    fast = found["answers_per_s"] >= LEAST_PER_S
    sys.exit(not (fast and found["mib_over_base"] <= MOST_GROWTH_MIB))


if __name__ == "__main__":
    main()
