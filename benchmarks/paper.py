"""The load test: a dataset of the paper's size with the embedded model, then the same again.

Figures depend on what else runs: at `chrt -r 1` others leave the two cores alone.
python -m benchmarks.paper
"""

import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process_tree import Usage, run_measured

MOST_S, MOST_MIB, LEAST_CALLS = 240.0, 1536.0, 150_000
MOST_AGAIN_S = 25.0


@dataclass(frozen=True, slots=True)
class Built:
    """One build: what it took, how many calls it made, what it holds."""

    usage: Usage
    calls: int
    rows: dict[str, int]
    version: str


def build(workspace: Path) -> Built:
    """Build the paper profile in a workspace. Raises: SystemExit if the build fails."""
    command = [sys.executable, "-m", "agentalign", "build", "--profile", "paper", "--json"]
    output, log = workspace.with_suffix(".json"), workspace.with_suffix(".log")
    code, usage = run_measured([*command, "--workspace", str(workspace)], output, log)
    if code:
        sys.exit(f"the build failed: {log.read_text('utf-8')[-2000:]}")
    result = json.loads(output.read_text("utf-8").splitlines()[-1])
    return Built(usage, result["calls"]["made"], result["rows"], result["version"])


def print_table(first: Built, again: Built) -> None:
    """Print both builds, the second beside the first."""
    print(f"{'':32}{'from nothing':>14}{'unchanged':>12}")
    lines: list[tuple[str, float, float]] = [
        ("wall clock, s", first.usage.wall_s, again.usage.wall_s),
        ("peak memory of all, MiB", first.usage.peak_mib, again.usage.peak_mib),
    ]
    cpu, later = first.usage.cpu_s(), again.usage.cpu_s()
    lines += [(f"processor, s: {role}", cpu[role], later.get(role, 0.0)) for role in sorted(cpu)]
    rss, later = first.usage.rss_mib, again.usage.rss_mib
    lines += [(f"peak memory, MiB: {r}", rss[r], later.get(r, 0.0)) for r in sorted(rss)]
    for name, one, other in lines:
        print(f"{name:32}{one:14.1f}{other:12.1f}")
    print(f"{'calls made':32}{first.calls:14,}{again.calls:12,}")
    for kind, count in first.rows.items():
        print(f"{'rows: ' + kind:32}{count:14,}{again.rows[kind]:12,}")
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def failures(first: Built, again: Built) -> list[str]:
    """Return what is missed, in words."""
    found = {
        f"longer than {MOST_S:.0f} s": first.usage.wall_s > MOST_S,
        f"more than {MOST_MIB:.0f} MiB": first.usage.peak_mib > MOST_MIB,
        f"fewer than {LEAST_CALLS:,} calls": first.calls < LEAST_CALLS,
        "the same again made calls": again.calls > 0,
        "the same again made another version": again.version != first.version,
        f"the same again took longer than {MOST_AGAIN_S:.0f} s": (
            again.usage.wall_s > MOST_AGAIN_S
        ),
    }
    return [words for words, missed in found.items() if missed]


def main() -> None:
    """Print the figures, then one line of JSON. Exit code 1 if a target is missed."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "paper"
        first, again = build(workspace), build(workspace)
    print_table(first, again)
    missed = failures(first, again)
    figures = {
        "wall_s": round(first.usage.wall_s, 1),
        "peak_mib": round(first.usage.peak_mib),
        "cpu_s": {role: round(s, 1) for role, s in first.usage.cpu_s().items()},
        "calls": first.calls,
        "rows": first.rows,
        "again_s": round(again.usage.wall_s, 1),
        "again_calls": again.calls,
        "missed": missed,
    }
    print(json.dumps(figures))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
