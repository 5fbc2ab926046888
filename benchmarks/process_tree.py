"""What a command and all processes below it take: memory at its peak, processor time of each."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_AFTER_NAME = (1, 11, 12)  # of /proc/PID/stat after the name: parent, user and system ticks


@dataclass(frozen=True, slots=True)
class Sample:
    """One process at one moment."""

    pid: int
    rss_mib: float
    cpu_s: float


@dataclass(slots=True)
class Usage:
    """What was seen; `cpu_s` and `rss_mib` are the most of each role, over its processes."""

    wall_s: float = 0.0
    peak_mib: float = 0.0  # of all processes together
    rss_mib: dict[str, float] = field(default_factory=dict)
    _cpu_s: dict[tuple[str, int], float] = field(default_factory=dict)

    def note(self, samples: Sequence[tuple[str, Sample]]) -> None:
        """Take in the processes of one moment, each with its role."""
        self.peak_mib = max(self.peak_mib, sum(sample.rss_mib for _, sample in samples))
        together: dict[str, float] = {}
        for role, sample in samples:
            self._cpu_s[role, sample.pid] = sample.cpu_s
            together[role] = together.get(role, 0.0) + sample.rss_mib
        for role, mib in together.items():
            self.rss_mib[role] = max(self.rss_mib.get(role, 0.0), mib)

    def cpu_s(self) -> dict[str, float]:
        """Return processor seconds by role."""
        found: dict[str, float] = {}
        for (role, _), seconds in self._cpu_s.items():
            found[role] = found.get(role, 0.0) + seconds
        return found


def run_measured(
    command: Sequence[str], output: Path, log: Path, every_s: float = 0.5
) -> tuple[int, Usage]:
    """Run a command; return its exit code and what it and its descendants took."""
    usage, began, roles = Usage(), time.monotonic(), dict[int, str]()
    with output.open("wb") as out, log.open("wb") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err)
        while process.poll() is None:
            samples = [*_tree(process.pid)]
            usage.note([(_role(sample.pid, process.pid, roles), sample) for sample in samples])
            time.sleep(every_s)
    usage.wall_s = time.monotonic() - began
    return process.returncode, usage


def _role(pid: int, root: int, roles: dict[int, str]) -> str:
    """Return what a process is for; what it was started as, it stays."""
    if pid not in roles:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return "other"
        named = {b"prefect.server": "prefect server", b"tasks.world.worker": "world workers"}
        found = (role for part, role in named.items() if part in command)
        roles[pid] = "main" if pid == root else next(found, "other")
    return roles[pid]


def _tree(root: int) -> Iterator[Sample]:
    parents: dict[int, int] = {}
    samples: dict[int, Sample] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (read := _read(int(folder.name))):
            parents[read[1].pid], samples[read[1].pid] = read
    for pid, sample in samples.items():
        if root in _line(pid, parents):
            yield sample


def _line(pid: int, parents: dict[int, int]) -> Iterator[int]:
    while pid:
        yield pid
        pid = parents.get(pid, 0)


def _read(pid: int) -> tuple[int, Sample] | None:
    """Return a process's parent and what it takes; None if it has just ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return None
    fields = stat.rpartition(")")[2].split()
    parent, user, system = (int(fields[place]) for place in _AFTER_NAME)
    return parent, Sample(pid, pages * _PAGE / 2**20, (user + system) / _TICKS_PER_S)
