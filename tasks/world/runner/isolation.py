"""How far a worker is shut off: the levels there are, and the command that starts one."""

import os
import shutil
import subprocess
import sys
from functools import cache
from importlib import resources, util
from pathlib import Path
from typing import Literal

from schemas.errors import BadInputError
from schemas.params import Isolation
from tasks.world.worker import lockdown

Level = Literal["bubblewrap", "landlock", "rlimits"]
LEVELS: tuple[Level, ...] = ("bubblewrap", "landlock", "rlimits")  # the strongest first
PACKAGES = ("agentalign", "schemas", "tasks")
LIBRARIES = ("orjson", "pydantic", "fastjsonschema", "yaml")
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache")
WORKER = "tasks.world.worker"
PROBE_S = 10
INSTALL = {
    "bubblewrap": "install it (Debian, Ubuntu: apt-get install bubblewrap), or allow it to"
    " make user namespaces",
    "landlock": "it needs Linux 5.13 or newer with Landlock switched on",
    "rlimits": "it needs a Unix system",
}


def find_level(wanted: Isolation = "auto") -> Level:
    """Return the level that workers get. Raises: BadInputError if `wanted` is not to be had."""
    if wanted == "auto":
        return next(level for level in LEVELS if is_there(level))
    if not is_there(wanted):
        raise BadInputError(
            f"workers.isolation: {wanted} is not to be had here: {INSTALL[wanted]};"
            " or set workers.isolation=auto"
        )
    return wanted


@cache
def is_there(level: Level) -> bool:
    """Whether workers can be shut off this way on this machine."""
    match level:
        case "bubblewrap":
            return _bubblewrap_works()
        case "landlock":
            return lockdown.landlock_version() > 0 and lockdown.knows_this_machine()
        case "rlimits":
            return True


def worker_command(level: Level) -> list[str]:
    """Return the command that starts a worker."""
    python = [sys.executable, "-P", "-s", "-m", WORKER, level]
    return [*_bubblewrap(), *python] if level == "bubblewrap" else python


def worker_environment() -> dict[str, str]:
    """Return all that a worker sees of the environment."""
    return {
        "PYTHONPATH": os.pathsep.join(map(str, _roots())),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",  # looking for them is a sixth of a start
        "LC_ALL": "C.UTF-8",
    }


def _bubblewrap() -> list[str]:
    command = [
        shutil.which("bwrap") or "bwrap", "--unshare-all", "--die-with-parent", "--new-session",
        "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL", "--dev", "/dev",
        "--tmpfs", "/tmp",
    ]  # fmt: skip
    for path in (*SYSTEM, *_python_folders()):
        command += ["--ro-bind-try", str(path), str(path)]
    return [*command, "--chdir", "/", "--"]


def _python_folders() -> list[str]:
    """Return the folders that the interpreter, its libraries and our packages lie in."""
    folders = {sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parents[1])}
    folders |= {str(_folder(name)) for name in PACKAGES}
    folders |= {str(_folder(name).parent) for name in LIBRARIES}
    return sorted(folders)


def _folder(package: str) -> Path:
    found = util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def _roots() -> list[Path]:
    return sorted({Path(str(resources.files(name))).parent for name in PACKAGES})


def _bubblewrap_works() -> bool:
    if shutil.which("bwrap") is None:
        return False
    try:
        done = subprocess.run(
            [*_bubblewrap(), sys.executable, "-c", ""],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=PROBE_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
