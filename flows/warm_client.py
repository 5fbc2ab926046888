"""The command of a flow run: has a warm process run it, and ends as that one does.

Started by its path, without site packages, so that it is there in some 20 ms. Where there is no
warm process, or it is not to be used, this process becomes Prefect's engine itself.
"""

import json
import os
import signal
import socket
import sys
from types import FrameType

SOCKET = "AGENTALIGN_WARM"  # names the warm process's socket
TAKEN = b"t"
_COLD = ["-P", "-m", "prefect.engine"]


def main() -> None:
    """Run the flow run that the environment names. Does not return."""
    connection = ask()
    if connection is None:
        os.execv(sys.executable, [sys.executable, *_COLD])
    finish(wait(connection))


def ask() -> socket.socket | None:
    """Return the connection to a process that has taken the run, None if there is none."""
    connection = socket.socket(socket.AF_UNIX)
    folder = os.getcwd()  # noqa: PTH109  pathlib takes longer to import than all of this
    request = json.dumps({"env": {**os.environ}, "cwd": folder}).encode()
    try:
        connection.connect("\0" + os.environ[SOCKET])
        socket.send_fds(connection, [len(request).to_bytes(4, "big")], [0, 1, 2])
        connection.sendall(request)
        if connection.recv(1) == TAKEN:
            return connection
    except (KeyError, OSError):
        pass
    connection.close()
    return None


def wait(connection: socket.socket) -> int:
    """Hand signals on until the run ends; return its exit code, negative for a signal."""

    def hand_on(number: int, _frame: FrameType | None) -> None:
        connection.send(bytes([number]))

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, hand_on)
    with connection.makefile("rb") as answer:
        return int(answer.read() or b"-9")  # without an answer its process was killed


def finish(code: int) -> None:
    """End with a code; with a negative one by that signal."""
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main()
