"""How long a command takes to start and end."""

import os
import subprocess
import sys

TRIES = 3


def least_cpu_s(*arguments: str) -> float:
    """Return the CPU seconds of an `agentalign` command: the best of three, machines are shared."""
    command = [sys.executable, "-m", "agentalign", *arguments]
    taken = []
    for _ in range(TRIES):
        before = os.times()
        subprocess.run(command, check=True, capture_output=True)
        after = os.times()
        taken.append(after.children_user + after.children_system
                     - before.children_user - before.children_system)  # fmt: skip
    return min(taken)
