"""How long it takes until a workspace is up, until a run that is asked for starts, and to end it.

Figures are of a machine that does nothing else: its load is printed beside them.
python -m benchmarks.operate
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agentalign.operating.http import ask
from agentalign.operating.ports import is_free
from agentalign.operating.processes import find
from agentalign.operating.record import load_record
from schemas.workspace import Workspace

MOST_UP_S, MOST_START_S, MOST_DOWN_S = 40.0, 5.0, 10.0
RUNS = 5
DEPLOYMENT = "build-until/chains"
HOST = "127.0.0.1"
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds of each, and what was left of it all."""

    up_s: float
    again_s: float  # of an `up` when everything is there
    starts_s: Sequence[float]  # from a command to the first stage of its run
    down_s: float
    processes_left: int
    ports_left: int

    @property
    def start_s(self) -> float:
        """The median."""
        return statistics.median(self.starts_s)


def measure(folder: Path) -> Taken:
    """Bring a workspace up, start runs in it, take it down."""
    ports = [_free_port(), _free_port()]
    place = ["--workspace", str(folder)]
    given = ["--prefect-port", str(ports[0]), "--mlflow-port", str(ports[1])]
    up_s = _timed(["agentalign", "up", *place, *given])
    again_s = _timed(["agentalign", "up", *place])
    record = load_record(Workspace(folder.resolve()))
    assert record is not None
    starts = [start_run(ports[0]) for _ in range(RUNS)]
    down_s = _timed(["agentalign", "down", *place])
    left = [port for port in ports if not is_free(HOST, port)]
    return Taken(up_s, again_s, starts, down_s, len(find(record.token)), len(left))


def start_run(port: int) -> float:
    """Return the seconds from `prefect deployment run` to the first stage of the run."""
    url = {"PREFECT_API_URL": f"http://{HOST}:{port}/api"}
    started = time.time()
    _timed(["prefect", "--no-prompt", "deployment", "run", DEPLOYMENT], url)
    while not (found := _first_stage(port, started)):
        time.sleep(0.1)
    return found - started


def _first_stage(port: int, since: float) -> float | None:
    """Return when the first task run began that began after a moment, once its run has ended."""
    newest = {"sort": "EXPECTED_START_TIME_DESC", "limit": 1}
    _, runs = ask(HOST, port, "/api/flow_runs/filter", newest)
    if runs[0]["state"]["type"] not in ("COMPLETED", "FAILED", "CRASHED"):
        return None
    assert runs[0]["state"]["type"] == "COMPLETED", runs[0]["state"]
    wanted: dict[str, Any] = {"flow_runs": {"id": {"any_": [runs[0]["id"]]}}}
    _, tasks = ask(HOST, port, "/api/task_runs/filter", wanted)
    began = [datetime.fromisoformat(t["start_time"]).timestamp() for t in tasks if t["start_time"]]
    return min((each for each in began if each > since), default=None)


def _timed(command: Sequence[str], more: Mapping[str, str] | None = None) -> float:
    """Return the wall clock of a command of this environment. Raises: SystemExit if it fails."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    started = time.monotonic()
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], env=env | dict(more or {}), text=True,
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed: {done.stdout}{done.stderr}")
    return time.monotonic() - started


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def print_table(taken: Taken) -> None:
    """Print each figure beside its target."""
    lines = [
        ("up, from nothing, s", taken.up_s, MOST_UP_S),
        ("deployment run to first stage, s (median)", taken.start_s, MOST_START_S),
        ("down, s", taken.down_s, MOST_DOWN_S),
    ]
    print(f"{'':44}{'measured':>10}{'target':>10}")
    for name, value, most in lines:
        print(f"{name:44}{value:10.1f}{most:10.0f}")
    print(f"{'up, when all is there, s':44}{taken.again_s:10.1f}")
    print(f"{'each start, s':44}{'  '.join(f'{each:.1f}' for each in taken.starts_s)}")
    print(f"{'processes and ports left':44}{taken.processes_left + taken.ports_left:10}")
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def failures(taken: Taken) -> list[str]:
    """Return what is missed, in words."""
    found = {
        f"up took longer than {MOST_UP_S:.0f} s": taken.up_s > MOST_UP_S,
        f"a run took longer than {MOST_START_S:.0f} s to start": taken.start_s > MOST_START_S,
        f"down took longer than {MOST_DOWN_S:.0f} s": taken.down_s > MOST_DOWN_S,
        "down left a process": taken.processes_left > 0,
        "down left an open port": taken.ports_left > 0,
    }
    return [words for words, missed in found.items() if missed]


def main() -> None:
    """Print the figures, then one line of JSON. Exit code 1 if a target is missed."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            taken = measure(Path(folder))
        finally:
            _timed(["agentalign", "down", "--workspace", folder])
    print_table(taken)
    missed = failures(taken)
    figures = {
        "up_s": round(taken.up_s, 2),
        "up_again_s": round(taken.again_s, 2),
        "start_s": round(taken.start_s, 2),
        "starts_s": [round(each, 2) for each in taken.starts_s],
        "down_s": round(taken.down_s, 2),
        "processes_left": taken.processes_left,
        "ports_left": taken.ports_left,
        "missed": missed,
    }
    print(json.dumps(figures))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
