"""Opens the database a store URL names; says in the user's words why it can't."""

import re
from pathlib import Path

import duckdb

from schemas.errors import BadInputError, WorkspaceBusyError, WorkspaceError

SCHEME = "duckdb:///"
MEMORY = ":memory:"
_LOCKED = re.compile(r"Could not set lock on file.*?(?:\(PID (?P<pid>\d+)\)|$)", re.DOTALL)
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "128MB",
    "threads": 1,  # what is written is small: sharing it out costs more than the work
    "autoinstall_known_extensions": False,  # never reaches for the network
    "autoload_known_extensions": False,
}


def parse_url(url: str) -> str:
    """Return the database path of a store URL. Raises: BadInputError for an unknown scheme."""
    path = url.removeprefix(SCHEME)
    if not url.startswith(SCHEME) or not path:
        msg = f"store URL {url!r} can't be used: it has to be {SCHEME}PATH"
        raise BadInputError(msg)
    return path


def connect(path: str, *, create: bool, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Return a connection. Raises: WorkspaceError, WorkspaceBusyError."""
    if path != MEMORY:
        _check_file(Path(path), create=create and not read_only)
    try:
        return duckdb.connect(path, read_only=read_only, config=_CONFIG)
    except duckdb.Error as exc:
        raise _explain(path, exc) from exc


def _check_file(file: Path, *, create: bool) -> None:
    if not create and not file.exists():
        msg = f"there is no store at {file}: build a dataset first, or name another workspace"
        raise WorkspaceError(msg)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        msg = f"the folder of the store {file} can't be made: {exc.strerror}; choose another one"
        raise WorkspaceError(msg) from exc


def _explain(path: str, exc: duckdb.Error) -> WorkspaceError:
    locked = _LOCKED.search(str(exc))
    if locked:
        holder = f"process {locked['pid']}" if locked["pid"] else "another process"
        return WorkspaceBusyError(f"{path} is in use by {holder}: wait until it has finished")
    if "different configuration" in str(exc):
        return WorkspaceBusyError(f"{path} is open in this process already: close it first")
    return WorkspaceError(
        f"{path} can't be opened as a store ({_first_line(exc)}); "
        "move the file away, or name another workspace"
    )


def _first_line(exc: duckdb.Error) -> str:
    return str(exc).splitlines()[0]
