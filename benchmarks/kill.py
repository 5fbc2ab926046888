"""Smoke builds killed at random points and run again: same version, little bought twice.

Half of the kills hit the main process alone, the others its whole process group.
python -m benchmarks.kill [--kills 20] [--seed 0]
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.counted_model import CountedModel, counted_model

LATENCY_S = 0.05
IN_FLIGHT = 32
MARK = "AGENTALIGN_BENCH_MARK"
GONE_AFTER_S = 5.0  # what the kernel ends with its parent is gone by then


@dataclass(frozen=True, slots=True)
class Plan:
    """When a build is killed, and whether with its whole process group."""

    after_s: float | None  # or
    after_calls: int | None
    group: bool

    def __str__(self) -> str:
        moment = (
            f"{self.after_s:.1f} s" if self.after_s is not None else f"{self.after_calls} calls"
        )
        return f"after {moment:>10}, {'process group' if self.group else 'main process alone':18}"


@dataclass(frozen=True, slots=True)
class Killed:
    """What a kill came to."""

    plan: Plan
    heard_before: int  # requests the endpoint had got when it came
    bought_twice: int
    left: int  # processes
    same: bool

    def line(self) -> str:
        """Return it in words."""
        version = "same version" if self.same else "ANOTHER VERSION"
        return (
            f"{self.plan}: {self.heard_before:4} calls heard, then {version}, "
            f"{self.bought_twice} bought twice, {self.left} processes left"
        )


class Builds:
    """Starts smoke builds whose models are all the counted one."""

    def __init__(self, folder: Path, model: CountedModel) -> None:
        self._folder, self.model = folder, model
        names = ("rehearsal-brisk", "rehearsal-formal", "rehearsal-judge")
        told = {"base_url": model.url, "structured": "json_schema"}  # nothing to probe
        endpoints = [{"name": n, "model": n, **told} for n in names]
        self._params = folder / "params.yaml"
        self._params.write_text(
            yaml.safe_dump({"endpoints": endpoints, "limits": {"in_flight": IN_FLIGHT}}), "utf-8"
        )

    def start(self, workspace: Path) -> "subprocess.Popen[bytes]":
        """Start a build in a process group of its own."""
        command = [sys.executable, "-m", "agentalign", "build", "--profile", "smoke", "--json"]
        return subprocess.Popen(
            [*command, "--params", str(self._params), "--workspace", str(workspace)],
            env=os.environ | {MARK: str(workspace)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def finish(self, workspace: Path) -> str:
        """Build to the end; return the version."""
        process = self.start(workspace)
        output, told = process.communicate()
        if process.returncode:
            sys.exit(f"the build ended with {process.returncode}: {told.decode()}")
        return str(json.loads(output.splitlines()[-1])["version"])


def processes_of(workspace: Path) -> list[int]:
    """Return the processes that were started for a workspace and are still there."""
    needle = f"{MARK}={workspace}\0".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if needle in (entry / "environ").read_bytes() + b"\0":
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def kill_once(builds: Builds, workspace: Path, plan: "Plan", reference: str) -> Killed:
    """Kill a build after a while, and run it again."""
    builds.model.clear()
    victim = builds.start(workspace)
    wait_for(plan, builds.model)
    if plan.group:
        os.killpg(victim.pid, signal.SIGKILL)
    else:
        victim.kill()
    victim.communicate()
    left = wait_until_gone(workspace)
    before = builds.model.heard().requests
    same = builds.finish(workspace) == reference
    return Killed(plan, before, builds.model.heard().repeated, left, same)


def wait_for(plan: Plan, model: CountedModel) -> None:
    """Return at the moment of a plan."""
    if plan.after_s is not None:
        time.sleep(plan.after_s)
    while plan.after_calls is not None and model.heard().requests < plan.after_calls:
        time.sleep(0.005)


def wait_until_gone(workspace: Path) -> int:
    """Return how many processes of a workspace are left when the kernel had time to end them."""
    deadline = time.monotonic() + GONE_AFTER_S
    while (left := processes_of(workspace)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return len(left)


def draw_plans(kills: int, seconds: float, calls: int, seed: int) -> list[Plan]:
    """Return random moments: half of them by the clock, from start to end, half by calls made.

    Of each half every other one hits the main process alone.
    """
    rng = random.Random(seed)
    timed = kills // 2
    plans = [Plan(rng.uniform(0, seconds), None, group=bool(n % 2)) for n in range(timed)]
    counted = [rng.randint(1, calls) for _ in range(kills - timed)]
    return plans + [Plan(None, count, group=bool(n % 2)) for n, count in enumerate(counted)]


def run(kills: int, seed: int, folder: Path) -> dict[str, object]:
    """Print a line per kill; return the figures."""
    with counted_model(LATENCY_S) as model:
        builds = Builds(folder, model)
        began = time.monotonic()
        reference = builds.finish(folder / "whole")
        seconds, calls = time.monotonic() - began, model.heard().requests
        print(f"a whole build: {seconds:.1f} s, {calls} calls, {reference}", flush=True)
        killed: list[Killed] = []
        for number, plan in enumerate(draw_plans(kills, seconds, calls, seed)):
            workspace = folder / f"killed-{number}"
            killed.append(kill_once(builds, workspace, plan, reference))
            shutil.rmtree(workspace)
            print(killed[-1].line(), flush=True)
    return {
        "kills": kills,
        "same_version": sum(one.same for one in killed),
        "main_process_alone": sum(not one.plan.group for one in killed),
        "while_calls_were_made": sum(0 < one.heard_before < calls for one in killed),
        "most_bought_twice": max(one.bought_twice for one in killed),
        "in_flight": IN_FLIGHT,
        "processes_left": sum(one.left for one in killed),
        "build_s": round(seconds, 1),
    }


def main() -> None:
    """Print a line per kill, then one JSON line of the figures; exit 1 if one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(options.kills, options.seed, Path(folder))
    print(json.dumps(found))
    whole = found["same_version"] == options.kills and not found["processes_left"]
    sys.exit(not (whole and found["most_bought_twice"] <= IN_FLIGHT))  # type: ignore[operator]


if __name__ == "__main__":
    main()
