"""An endpoint that takes 100 calls a second: how long 1,000 calls take, and how many are refused.

python -m benchmarks.limit [ROUNDS]
"""

import json
import sys
from dataclasses import dataclass
from statistics import median

from benchmarks.faults import IN_FLIGHT, ROWS, run
from benchmarks.loopback import Loopback, loopback
from benchmarks.table import Table

ROUNDS = 5
BUCKET = Table(rate=100, latency_s=0.05)
FREE = Table(latency_s=0.1)


@dataclass(frozen=True, slots=True)
class Limited:
    """Medians and the worst of some rounds."""

    seconds: float
    most_seconds: float
    refused_share: float
    most_refused_share: float
    lost: int


def measure(endpoint: Loopback, table: Table, rounds: int) -> Limited:
    """Return what it takes to get 1,000 rows."""
    runs = [run(endpoint, table, ROWS, IN_FLIGHT) for _ in range(rounds)]
    shares = [1 - ROWS / each.calls for each in runs]
    return Limited(
        seconds=round(median(each.seconds for each in runs), 2),
        most_seconds=round(max(each.seconds for each in runs), 2),
        refused_share=round(median(shares), 4),
        most_refused_share=round(max(shares), 4),
        lost=max(each.lost for each in runs),
    )


def main() -> None:
    """Print a line for each table, then one line of JSON."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    tables = {
        "token bucket of 100/s": BUCKET,
        "the same, Retry-After: 1": BUCKET.model_copy(update={"retry_after_s": 1}),
        "no limit": FREE,
        "no limit, one stray 429": FREE.model_copy(update={"stray": 500}),
    }
    found: dict[str, dict[str, float]] = {}
    with loopback() as endpoint:
        for name, table in tables.items():
            done = measure(endpoint, table, rounds)
            print(f"{name:26} {done.seconds:6.2f} s (at most {done.most_seconds:.2f}), "
                  f"{done.refused_share:.1%} refused (at most {done.most_refused_share:.1%}), "
                  f"{done.lost} lost", flush=True)  # fmt: skip
            found[name] = {"seconds": done.seconds, "refused_share": done.refused_share}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
