"""Gives every consumer a virtual environment of its own, outside the checkout.

`python -m tests.consumers.environments` makes those that are missing. They are named after what
they hold, so that another checkout finds them and a changed pin makes a new one.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
CONSUMERS = ("mistral", "trl", "llamafactory")
# By pip, as it finds builds for the processor alone where it is told of them; uv takes several
# gigabytes for a graphics card. What the trainers do to data is the same in both.
TORCH = HERE / "torch.txt"
WITH_TORCH = ("trl", "llamafactory")
HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "agentalign/consumers"


def python_of(consumer: str) -> Path:
    """Return the interpreter of a consumer's environment, which is made if there is none."""
    folder = HOME / f"{consumer}-{_key(consumer)}"
    with _alone(consumer):
        if not (folder / ".ready").exists():
            _make(consumer, folder)
    return folder / "bin" / "python"


def package_folder(consumer: str, package: str) -> Path:
    """Return where a package lies in a consumer's environment."""
    python = python_of(consumer)
    code = f"import importlib.util as u; print(u.find_spec({package!r}).origin)"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip()).parent


def _key(consumer: str) -> str:
    files = [HERE / consumer / "requirements.txt", *([TORCH] if consumer in WITH_TORCH else [])]
    content = b"".join(file.read_bytes() for file in files) + sys.version.encode()
    return hashlib.sha256(content).hexdigest()[:12]


@contextmanager
def _alone(consumer: str) -> Iterator[None]:
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / f"{consumer}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(consumer: str, folder: Path) -> None:
    """Install anew. Raises: SystemExit with what the installer said, if it fails."""
    print(f"Installing {consumer} into {folder}", flush=True)
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    python, wanted = folder / "bin" / "python", HERE / consumer / "requirements.txt"
    uv = str(Path(sys.executable).with_name("uv"))
    _run(uv, "venv", "--quiet", "--python", sys.executable, str(folder))
    _run(uv, "pip", "install", "--quiet", "--python", str(python), "--no-deps",
         "--require-hashes", "--requirement", str(wanted))  # fmt: skip
    if consumer in WITH_TORCH:
        _run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet",
             "--disable-pip-version-check", "--requirement", str(TORCH))  # fmt: skip
    (folder / ".ready").touch()
    print(f"  took {time.monotonic() - started:.0f} s", flush=True)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"`{' '.join(command)}` failed:\n{done.stderr or done.stdout}")


if __name__ == "__main__":
    for name in CONSUMERS:
        python_of(name)
