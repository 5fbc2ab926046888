"""Starts the loopback endpoint, tells it what to do, and runs clients against it."""

import json
import resource
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.table import Table

CLIENT_TIMEOUT_S = 400


@dataclass(frozen=True, slots=True)
class Loopback:
    """A running endpoint."""

    root: str

    @property
    def url(self) -> str:
        """The base URL that clients are given."""
        return f"{self.root}/v1"

    def configure(self, table: Table) -> None:
        """Forget all counts; behave like this from now on."""
        self._ask("/config", table.model_dump_json().encode())

    def stats(self) -> dict[str, Any]:
        """Return the counts; `seconds` is from the first request to the last answer."""
        found: dict[str, Any] = json.loads(self._ask("/stats", None))
        return found

    def _ask(self, path: str, body: bytes | None) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(self.root + path, data=body)) as answer:
            content: bytes = answer.read()
        return content


@contextmanager
def loopback() -> Iterator[Loopback]:
    """Serve on a free port in a process of its own, until the block ends."""
    command = [sys.executable, "-m", "benchmarks.endpoint"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Loopback(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.terminate()
        process.wait()


@dataclass(frozen=True, slots=True)
class Ran:
    """What the endpoint and the system saw of a client."""

    seconds: float  # from its first request to its last answer
    cpu_s: float  # of the whole process, its start included
    calls: int
    rows: int
    kinds: dict[str, int]
    said: str  # its last line


def run_client(
    endpoint: Loopback, table: Table, command: Sequence[str], calls: int, in_flight: int
) -> Ran | None:
    """Run a driver against the endpoint; None if it failed or took too long."""
    endpoint.configure(table)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        arguments = [endpoint.url, str(calls), str(in_flight), folder]
        try:
            done = subprocess.run(
                [*command, *arguments], capture_output=True, text=True, check=False,
                timeout=CLIENT_TIMEOUT_S,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = endpoint.stats()
    if done.returncode or not found["calls"]:
        return None
    return Ran(
        seconds=found["seconds"],
        cpu_s=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        calls=found["calls"],
        rows=found["rows_good"],
        kinds=found["kinds"],
        said=(done.stdout.splitlines() or [""])[-1],
    )
