"""How the process of a build uses memory."""

import ctypes
import gc
import sys
from collections.abc import Mapping

# Rows and modules are trees of small objects with hardly a cycle: looked through every 700 new
# ones, as Python does by itself, importing takes two seconds longer and reading rows three times.
_COLLECT_AFTER, _THEN_AFTER = 100_000, (20, 20)
# arrow's own allocator keeps what was freed: after publish a few hundred MiB
ARROW_ENVIRONMENT: Mapping[str, str] = {"ARROW_DEFAULT_MEMORY_POOL": "system"}

# of glibc's mallopt: what is free at the end of a heap goes back, and large pieces always do
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_TRIM_BYTES, _LARGE_BYTES, _ARENAS = 2**20, 2**18, 2


def give_memory_back() -> None:
    """Let this process return the memory it no longer uses; does nothing where it can't."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _ARENAS)
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)


def collect_rarely() -> None:
    """Look for cycles less often than Python does by itself."""
    gc.set_threshold(_COLLECT_AFTER, *_THEN_AFTER)
