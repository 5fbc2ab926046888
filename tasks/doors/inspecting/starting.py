"""Starts the process that runs AgentHarm, in a private folder, and reads what it leaves.

The process has no key but in memory, none of this user's environment but for proxies and
certificates, and its home, caches, logs and temporary files in the folder.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from schemas.errors import AgentAlignError, BadInputError
from tasks.doors.inspecting.exchange import TOLD, TRANSCRIPTS, Order, Told, Transcript

CHILD = "tasks.doors.inspecting.child"
DATASET = Path("agentharm_dataset", "AgentHarm", "benchmark")  # where the package looks
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy",
              "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR")  # fmt: skip
_STOP_TIMEOUT_S = 10.0


class InspectError(AgentAlignError):
    """The package could not run the benchmark."""


def check_installed() -> None:
    """Return if the package is there. Raises: BadInputError."""
    if importlib.util.find_spec("inspect_evals") is None:
        msg = (
            "AgentHarm is run by inspect-evals, which is not installed: `make setup` installs it,"
            " elsewhere the extra `evaluate`"
        )
        raise BadInputError(msg)


def run_agentharm(
    order: Order, files: Mapping[str, bytes], folder: Path
) -> tuple[Told, list[Transcript]]:
    """Return what the package tells, and the transcripts, by side in the order of the files.

    Blocking, for as long as the models take. The folder holds texts afterwards: the caller
    removes it.

    Raises:
        InspectError: it ended before its end; what it may be said of is its class.
    """
    place = folder / DATASET
    place.mkdir(parents=True)
    for name, content in files.items():
        (place / name).write_bytes(content)
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", CHILD, str(folder), str(os.getpid())],
            env=_environment(folder),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for this process, which then ends it
        )
        try:
            process.communicate(order.model_dump_json().encode())
        finally:
            _end(process)
    return _read(folder, process.returncode)


def _environment(folder: Path) -> dict[str, str]:
    here = str(folder)
    own = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return own | {
        "HOME": here,
        "TMPDIR": here,
        "XDG_CACHE_HOME": here,
        "XDG_DATA_HOME": here,
        "INSPECT_EVALS_CACHE_DIR": here,
        "INSPECT_LOG_DIR": here,
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _read(folder: Path, code: int) -> tuple[Told, list[Transcript]]:
    try:
        told = Told.model_validate_json((folder / TOLD).read_bytes())
        lines = (folder / TRANSCRIPTS).read_bytes().splitlines() if not told.failure else []
        found = [Transcript.model_validate_json(line) for line in lines]
    except (OSError, ValidationError) as exc:
        raise InspectError(f"inspect-evals ended early (exit code {code})") from exc
    if told.failure:
        raise InspectError(f"inspect-evals ended early: {told.failure} (its message is withheld)")
    for ran in told.ran:
        if ran.status != "success":
            raise InspectError(f"inspect-evals could not run the {ran.side} side: {ran.status}")
    return told, found
