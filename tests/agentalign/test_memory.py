"""How a build's process uses memory."""

import subprocess
import sys

_COMMAND = """
import gc
from agentalign.memory import collect_rarely, give_memory_back

give_memory_back()
before = gc.get_threshold()
collect_rarely()
print(*(now > then for now, then in zip(gc.get_threshold(), before)))
"""


def test_cycles_are_looked_for_less_often() -> None:
    """Each generation is looked through later than by itself."""
    done = subprocess.run([sys.executable, "-c", _COMMAND], capture_output=True, check=True)
    assert done.stdout.split() == [b"True"] * 3
