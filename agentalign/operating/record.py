"""What a workspace remembers of `agentalign up`: where it serves, and the mark of its processes."""

import fcntl
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from schemas.base import Declared
from schemas.errors import WorkspaceError
from schemas.workspace import Workspace


class Record(Declared):
    """One `up`. Its token is in the environment of every process that comes of it."""

    token: str
    host: str
    prefect_port: int
    mlflow_port: int
    since: str

    @property
    def api_url(self) -> str:
        """Where Prefect's clients on this machine find the server."""
        return f"http://{self.here}:{self.prefect_port}/api"

    @property
    def here(self) -> str:
        """The address by which this machine reaches what listens on `host`."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"[{host}]" if ":" in host else host


def new_record(host: str, prefect_port: int, mlflow_port: int) -> Record:
    """Return a record with a token of its own."""
    return Record(
        token=secrets.token_hex(16),
        host=host,
        prefect_port=prefect_port,
        mlflow_port=mlflow_port,
        since=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def load_record(workspace: Workspace) -> Record | None:
    """Return the record of the last `up` that was not taken down, None if there is none.

    Raises:
        WorkspaceError: the file is not what `up` writes.
    """
    file = _file(workspace)
    try:
        return Record.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as exc:
        msg = f"{file} can't be read; end what still runs by hand, and remove the file"
        raise WorkspaceError(msg) from exc


def save_record(workspace: Workspace, record: Record) -> None:
    """Write the record, whole or not at all: before any process is started that it names."""
    draft = _file(workspace).with_suffix(".tmp")
    draft.write_text(record.model_dump_json(indent=2) + "\n", "utf-8")
    draft.replace(_file(workspace))


def drop_record(workspace: Workspace) -> None:
    """Remove the record: nothing of it runs any more."""
    _file(workspace).unlink(missing_ok=True)


@contextmanager
def one_at_a_time(workspace: Workspace) -> Iterator[None]:
    """Let one `up` or `down` of a workspace work at a time; a second waits for the first."""
    with (workspace.root / "up.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _file(workspace: Workspace) -> Path:
    return workspace.root / "up.json"
