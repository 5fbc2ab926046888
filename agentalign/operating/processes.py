"""Processes that outlive the command which starts them, known by a mark in their environment.

A pid may be another program's by now. The mark is inherited by every process that comes of a
service, so that all of them are found again, and nothing else is.
"""

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

TOKEN = "AGENTALIGN_UP"
SERVICE = "AGENTALIGN_UP_SERVICE"


def start(
    command: Sequence[str],
    env: Mapping[str, str],
    log: Path,
    cwd: Path,
    pass_fds: Sequence[int] = (),
) -> int:
    """Start a process in a session of its own, its output in `log`; return its id."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env={**env},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=pass_fds,
        )
    process.returncode = 0  # it is not ours to wait for, which its object would complain about
    return process.pid


def find(token: str) -> list[psutil.Process]:
    """Return all processes with a token, oldest first; not the caller."""
    marked = [process for process in psutil.process_iter() if _mark(process, TOKEN) == token]
    return sorted(_living(marked), key=lambda process: process.create_time())


def find_leader(token: str, service: str, command: Sequence[str]) -> psutil.Process | None:
    """Return the process that a service was started as, None if it is gone."""
    for process in find(token):
        if is_of(process, service) and _arguments(process) == [*command[1:]]:
            return process
    return None


def began(process: psutil.Process) -> datetime:
    """Return since when a process runs."""
    return datetime.fromtimestamp(process.create_time(), UTC)


def is_of(process: psutil.Process, service: str) -> bool:
    """Whether a process is a service or comes of it."""
    return _mark(process, SERVICE) == service


def end(processes: Iterable[psutil.Process], grace_s: float) -> int:
    """End processes, gracefully for a while and then at once; return how many were made to."""
    left = [*processes]
    for process in left:
        _tell(process, kill=False)
    _, left = psutil.wait_procs(left, timeout=grace_s)
    for process in left:
        _tell(process, kill=True)
    psutil.wait_procs(left, timeout=grace_s)
    return len(left)


def _tell(process: psutil.Process, *, kill: bool) -> None:
    """Send a signal, unless the process is gone; its id may be another's, which is checked."""
    try:
        if kill:
            process.kill()
        else:
            process.terminate()
    except psutil.NoSuchProcess:
        pass


def _living(processes: Iterable[psutil.Process]) -> Iterator[psutil.Process]:
    for process in processes:
        try:
            if process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except psutil.NoSuchProcess:
            continue


def _mark(process: psutil.Process, name: str) -> str | None:
    try:
        return process.environ().get(name)
    except (psutil.Error, OSError):  # gone, or another user's
        return None


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()[1:]
    except psutil.Error:
        return []
