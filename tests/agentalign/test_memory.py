"""How a build's process uses memory."""

import subprocess
import sys

_COMMAND = """
import gc
from agentalign.memory import collect_rarely, give_memory_back

give_memory_back()
before = gc.get_threshold()[0]
collect_rarely()
print(gc.get_freeze_count() > 1000, gc.get_threshold()[0] > 10 * before)
"""


def test_a_build_looks_for_cycles_among_new_objects_alone() -> None:
    """What is there is left out of the search, and it is made less often than by itself."""
    done = subprocess.run([sys.executable, "-c", _COMMAND], capture_output=True, check=True)
    assert done.stdout.split() == [b"True", b"True"]
