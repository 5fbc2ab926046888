"""What a worker gives up for good before it runs anybody's calls: files, sockets, processes.

Everything here is called inside the worker and can't be taken back. Source: the manual pages
landlock(7), seccomp(2), setrlimit(2) and prctl(2).
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from dataclasses import dataclass

NOBODY = 65534
MB = 1024 * 1024

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 38, 22
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446  # the same on all machines
_LANDLOCK_VERSION_FLAG = 1
# file accesses that each version knows, and from which version on there is more
_LANDLOCK_FILES = {1: 13, 2: 14, 3: 15, 5: 16}
_LANDLOCK_NET, _LANDLOCK_SCOPES = 4, 6


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine's mark in a filter, and its numbers of the calls that are forbidden."""

    mark: int
    forbidden: tuple[int, ...]


# socket, connect, socketpair, clone, fork, vfork, execve, kill, ptrace, mount, tkill, tgkill,
# keyctl, unshare, perf_event_open, setns, process_vm_readv and _writev, bpf, execveat,
# userfaultfd, pidfd_send_signal, io_uring_setup, clone3
_MACHINES = {
    "x86_64": Machine(0xC000003E, (41, 42, 53, 56, 57, 58, 59, 62, 101, 165, 200, 234, 250, 272,
                                   298, 308, 310, 311, 321, 322, 323, 424, 425, 435)),
    "aarch64": Machine(0xC00000B7, (198, 203, 199, 220, 221, 129, 117, 40, 130, 131, 219, 97, 241,
                                    268, 270, 271, 280, 281, 282, 424, 425, 435)),
}  # fmt: skip
_OTHER_NUMBERING = 0x40000000  # x86_64 has a second set of numbers from here on


def lock_down(level: str, memory_mb: int) -> None:
    """Give up what the level forbids. Raises: OSError if the machine can't do it."""
    if level != "bubblewrap":
        _become_nobody()
        _die_with_parent()
    if level == "landlock" or (level == "bubblewrap" and landlock_version()):
        _forbid_files()
    if level == "landlock" or (level == "bubblewrap" and knows_this_machine()):
        _forbid_system_calls()
    _limit(memory_mb)


def landlock_version() -> int:
    """Return the version of Landlock here, 0 where there is none."""
    if sys.platform != "linux":
        return 0
    found = _libc().syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), _LANDLOCK_VERSION_FLAG)
    return max(0, int(found))


def knows_this_machine() -> bool:
    """Whether the numbers of its system calls are known."""
    return platform.machine() in _MACHINES


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(returned: int, what: str) -> int:
    if returned < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return returned


def _become_nobody() -> None:
    """Step down from root, whom a limit on processes would not stop."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def _die_with_parent() -> None:
    if sys.platform != "linux":
        return
    _check(_libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    if os.getppid() == 1:  # it ended before the request was made
        sys.exit(1)


def _limit(memory_mb: int) -> None:
    """Allow no more memory than said, no new file or socket, no new process, no core."""
    lowest = os.dup(0)
    os.close(lowest)
    limits = {
        resource.RLIMIT_NOFILE: lowest,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_AS: memory_mb * MB,
    }
    for limit, most in limits.items():
        _, hard = resource.getrlimit(limit)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (least, least))


def _forbid_files() -> None:
    """Let nothing be opened, bound or signalled any more, by rules that allow nothing."""
    version, libc = landlock_version(), _libc()
    files = (1 << _LANDLOCK_FILES[max(v for v in _LANDLOCK_FILES if v <= version)]) - 1
    rules = struct.pack("Q", files)
    if version >= _LANDLOCK_NET:
        rules += struct.pack("Q", 0b11)
    if version >= _LANDLOCK_SCOPES:
        rules += struct.pack("Q", 0b11)
    _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    given = ctypes.create_string_buffer(rules, len(rules))
    ruleset = _check(libc.syscall(_LANDLOCK_CREATE, given, ctypes.c_size_t(len(rules)), 0), "rules")
    _check(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0), "landlock")
    os.close(ruleset)


def _forbid_system_calls() -> None:
    """Answer the forbidden system calls with EPERM from here on."""
    code = _filter(_MACHINES[platform.machine()])

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    kept = ctypes.create_string_buffer(code, len(code))
    program = Program(len(code) // 8, ctypes.addressof(kept))
    libc = _libc()
    _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    _check(libc.prctl(_PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0), "seccomp")


def _filter(machine: Machine) -> bytes:
    """Return the filter's instructions: load, compare, jump and return, of 8 bytes each."""
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    allow, refuse, kill = 0x7FFF0000, 0x00050001, 0x80000000
    lines = [
        (load, 0, 0, 4), (equal, 1, 0, machine.mark), (give, 0, 0, kill),
        (load, 0, 0, 0), (at_least, 0, 1, _OTHER_NUMBERING), (give, 0, 0, kill),
    ]  # fmt: skip
    for number in machine.forbidden:
        lines += [(equal, 0, 1, number), (give, 0, 0, refuse)]
    lines.append((give, 0, 0, allow))
    return b"".join(struct.pack("HBBI", *line) for line in lines)
