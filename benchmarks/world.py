"""The simulated world: validated calls a second, here and in an isolated worker, and start-up.

make bench-world [ARGS=ROUNDS]: a table, then one JSON line. A call is timed with its validation,
its behaviour, the copy of its result and its entry in the log; the mix is one working call of
every tool, with the steps before it that it needs, each chain of them in a world of its own.
"""

import asyncio
import gc
import json
import random
import statistics
import sys
import time
from collections.abc import Sequence

from schemas.catalogue import load_catalogue
from schemas.dataflow import BrokenFlowError, wire
from schemas.messages import ToolCall
from schemas.params import Workers
from tasks.world import World, draw_goal, run_plan
from tasks.world.planning import UnbindableError
from tasks.world.runner import Level, Session, Worlds
from tasks.world.runner.isolation import LEVELS, is_there

ROUNDS = 7
STARTS = 5
WORLDS = 200
COPIES = 4  # worlds of each chain in the worker's mix

Mix = list[tuple[int, list[ToolCall]]]  # world seeds, and the calls to make there


def make_mix() -> Mix:
    """Return working calls of every tool. Prints what could not be brought to work."""
    catalogue, mix = load_catalogue(), Mix()
    for seed, tool in enumerate(catalogue.tools.values()):
        chain, tools = _lead_up(tool.capability), []
        for name in chain:
            tools.append(tool.name if name == tool.capability else _first_tool(name))
        try:
            steps = draw_goal(chain, tools, seed, random.Random(seed))
        except UnbindableError as exc:
            print(f"left out {tool.name}: {exc}")
            continue
        done = run_plan(steps, seed, binding="b", slot="s")
        mix.append((seed, [step.call for step in done.steps]))
    return mix


def _first_tool(capability: str) -> str:
    return load_catalogue().tools_for(capability)[0].name


def _lead_up(capability: str) -> tuple[str, ...]:
    """Return the shortest chain that ends with a capability."""
    known = load_catalogue().capabilities
    for before in ((), *((name,) for name in known)):
        chain = (*before, capability)
        try:
            wire([known[name] for name in chain])
        except BrokenFlowError:
            continue
        return chain
    raise LookupError(capability)


def time_here(mix: Mix) -> float:
    """Return calls a second in this process, by its CPU time."""
    worlds = [(World(seed), calls) for seed, calls in mix]
    gc.collect()  # what the worlds' set-up left is no cost of a call
    began = time.process_time()
    for world, calls in worlds:
        for call in calls:
            world.call(call)
    return _count(mix) / (time.process_time() - began)


async def time_worker(mix: Mix, rounds: int) -> list[float]:
    """Return calls a second through one isolated worker, by the clock, for each round."""
    mix = mix * COPIES
    found = []
    async with Worlds(None, Workers(processes=1)) as worlds:
        for _ in range(rounds):
            sessions = [(worlds.session(seed), calls) for seed, calls in mix]
            await asyncio.gather(*(session.open() for session, _ in sessions))
            began = time.perf_counter()
            await asyncio.gather(*(_make(session, calls) for session, calls in sessions))
            found.append(_count(mix) / (time.perf_counter() - began))
            await asyncio.gather(*(session.close() for session, _ in sessions))
    return found


async def _make(session: Session, calls: Sequence[ToolCall]) -> None:
    for call in calls:
        await session.call(call)


def _count(mix: Mix) -> int:
    return sum(len(calls) for _, calls in mix)


async def time_start(level: Level) -> float:
    """Return the milliseconds from nothing to a worker's first answer."""
    began = time.perf_counter()
    async with Worlds(None, Workers(isolation=level, processes=1)) as worlds:
        await worlds.session(0).call(ToolCall(id="c", name="none", arguments={}))
        return (time.perf_counter() - began) * 1000


def time_set_up() -> float:
    """Return the CPU milliseconds of a new world, its digest included."""
    began = time.process_time()
    for seed in range(WORLDS):
        World(seed)
    return (time.process_time() - began) / WORLDS * 1000


def main() -> None:
    """Print the figures."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    mix = make_mix()
    time_here(mix)  # compiles the schemas
    here = [time_here(mix) for _ in range(rounds)]
    worker = asyncio.run(time_worker(mix, rounds))
    starts = {level: [asyncio.run(time_start(level)) for _ in range(STARTS)]
              for level in LEVELS if is_there(level)}  # fmt: skip
    set_up = [time_set_up() for _ in range(rounds)]
    figures: dict[str, float] = {
        "tools": len(mix),
        "calls_per_s_in_process": round(statistics.median(here)),
        "calls_per_s_worker": round(statistics.median(worker)),
        "set_up_ms": round(statistics.median(set_up), 2),
    }
    figures |= {f"start_ms_{name}": round(statistics.median(ms)) for name, ms in starts.items()}
    for name, value in figures.items():
        print(f"{name:26} {value:>10,}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
