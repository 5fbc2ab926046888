"""The process that runs AgentHarm: `python -m tasks.doors.inspecting.child FOLDER PARENT`.

It reads an order from its input and leaves transcripts and what it tells in the folder. Whoever
started it removes that; should they be killed, this process does.
"""

import ctypes
import os
import shutil
import signal
import sys
from pathlib import Path

from tasks.doors.inspecting.exchange import TOLD, Order, Told

_PR_SET_PDEATHSIG = 1


def main(folder: Path, parent: int) -> None:
    """Run what is ordered; what goes wrong is told by its class alone."""
    _end_with(parent, folder)
    order = Order.model_validate_json(sys.stdin.buffer.read())
    try:
        from tasks.doors.inspecting.agentharm import run  # takes seconds

        told = run(order, folder)
    except Exception as exc:  # noqa: BLE001  its message may quote a behaviour
        told = Told(failure=type(exc).__name__)
    (folder / TOLD).write_text(told.model_dump_json(), "utf-8")


def _end_with(parent: int, folder: Path) -> None:
    """Tie this process to its parent: it ends with it, and the folder goes."""

    def end(*_: object) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    signal.signal(signal.SIGTERM, end)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the tie was made
            end()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
