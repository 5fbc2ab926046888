"""A process that has everything imported, and forks: a flow run then starts in no time.

It only ever imports: no thread, event loop or connection is there to be forked. Whatever it can't
do as a fresh process would, it leaves to one: it refuses if the code has changed since, or if a
setting that is read at import is another.
"""

import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from prefect.settings import get_current_settings

from flows.warm_client import SOCKET, TAKEN

_MODULES = (
    "prefect.flow_engine", "flows.dataset", "flows.until", "flows.rebalance", "flows.publish",
    "flows.replay", "flows.quality_report", "flows.retry",
)  # fmt: skip
_PACKAGES = ("flows", "tasks", "expectations", "schemas")
_READ_AT_IMPORT = ("PREFECT_", "ARROW_", "PYTHON")
_NOT_READ = "PREFECT__"  # what Prefect tells a single run
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Request:
    """A run to be: its environment and folder, and its standard streams."""

    env: dict[str, str]
    cwd: str
    streams: tuple[int, ...]


def main() -> None:
    """Serve until the process is ended; in a forked one, run what was asked for."""
    for name in _MODULES:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    request = Warm(os.environ[SOCKET]).serve()
    become(request)
    runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)


def become(request: Request) -> None:
    """Make this process look as if it had been started for a request."""
    for target, stream in enumerate(request.streams):
        os.dup2(stream, target)
        os.close(stream)
    os.chdir(request.cwd)
    os.environ.clear()
    os.environ.update(request.env)
    sys.argv = ["prefect.engine"]
    sys.modules.pop("prefect.engine", None)  # it is run, not imported


class Warm:
    """Takes runs at a socket, forks a process for each, and tells how it ended."""

    def __init__(self, name: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind("\0" + name)
        self._listener.listen()
        self._woken, self._wake = socket.socketpair()
        for end in (self._woken, self._wake):
            end.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._runs: dict[socket.socket, int] = {}  # process by connection
        self._code = read_code()
        # a worker may give its runs the settings that it has, under all of their names
        known = get_current_settings().to_environment_variables(exclude_unset=True)
        self._least = {*_settings({**os.environ}).items()}
        self._most = {*_settings({**os.environ, **known}).items()}

    def serve(self) -> Request:
        """Return what is to be run, in a forked process; in the first one never."""
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(self._wake.fileno())
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    self._reap()
                elif key.fileobj is not self._listener:
                    self._hand_on(key.fileobj)  # type: ignore[arg-type]  # a connection
                elif request := self._accept():
                    return request

    def _accept(self) -> Request | None:
        """Return a request in the process forked for it, None in this one."""
        connection, _ = self._listener.accept()
        connection.settimeout(5.0)
        request = self._read(connection)
        if request is None:
            connection.close()
            self._renew()
            return None
        process = os.fork()
        if process == 0:
            self._leave(connection)
            return request
        for stream in request.streams:
            os.close(stream)
        self._runs[connection] = process
        self._selector.register(connection, selectors.EVENT_READ)
        connection.sendall(TAKEN)
        return None

    def _read(self, connection: socket.socket) -> Request | None:
        """Return a request that a fork can serve as well as a fresh process."""
        if _user_of(connection) != os.getuid():
            return None
        try:
            head, streams, _, _ = socket.recv_fds(connection, 4, 3)
            body = json.loads(_receive(connection, int.from_bytes(head, "big")))
        except (OSError, ValueError):  # no request: somebody looked whether this listens
            return None
        request = Request(body["env"], body["cwd"], tuple(streams))
        if why := self._unfit(request):
            print(f"a run starts cold: {why}", file=sys.stderr, flush=True)
            for stream in streams:
                os.close(stream)
            return None
        return request

    def _unfit(self, request: Request) -> str:
        """Return why a request needs a fresh process; nothing if it does not."""
        if len(request.streams) != 3:
            return "its output can't be handed over"
        if self._code != read_code():
            return "the code has changed"
        asked = {*_settings(request.env).items()}
        other = (asked - self._most) | (self._least - asked)
        return f"other settings: {', '.join(sorted({name for name, _ in other}))}" if other else ""

    def _leave(self, connection: socket.socket) -> None:
        """Let go, in a forked process, of what is the first one's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for each in (connection, self._listener, self._woken, self._wake, *self._runs):
            each.close()

    def _hand_on(self, connection: socket.socket) -> None:
        """Send a run the signals that its command got; without a command it is ended."""
        try:
            numbers = connection.recv(16)
        except OSError:
            numbers = b""
        process = self._runs[connection]
        for number in numbers or bytes([signal.SIGKILL]):
            os.kill(process, number)
        if not numbers:
            self._selector.unregister(connection)

    def _reap(self) -> None:
        """Tell the commands of runs that ended how they did."""
        self._woken.recv(256)
        for connection, process in [*self._runs.items()]:
            done, status = os.waitpid(process, os.WNOHANG)
            if not done:
                continue
            del self._runs[connection]
            if connection.fileno() in self._selector.get_map():
                self._selector.unregister(connection)
            _tell(connection, os.waitstatus_to_exitcode(status))
        self._renew()

    def _renew(self) -> None:
        """Start anew if the code has changed, once no run is left."""
        if not self._runs and self._code != read_code():
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def read_code() -> tuple[int, int]:
    """Return how many source files there are, and when the last was changed, in ns."""
    files = [file for name in _PACKAGES for file in (_ROOT / name).rglob("*.py")]
    return len(files), max(file.stat().st_mtime_ns for file in files)


def _settings(env: dict[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in env.items()
        if name.startswith(_READ_AT_IMPORT) and not name.startswith(_NOT_READ)
    }


def _user_of(connection: socket.socket) -> int:
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", told)
    return int(user)


def _receive(connection: socket.socket, size: int) -> bytes:
    with connection.makefile("rb") as file:
        return file.read(size)


def _tell(connection: socket.socket, code: int) -> None:
    with connection:
        try:
            connection.sendall(str(code).encode())
        except OSError:  # nobody waits for it any more
            return


if __name__ == "__main__":
    main()
