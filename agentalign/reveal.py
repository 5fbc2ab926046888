"""Notes every look at unmasked requests."""

from datetime import UTC, datetime

import orjson

from schemas.errors import WorkspaceError
from schemas.workspace import Workspace


def log_reveal(workspace: Workspace, command: str, subject: str) -> None:
    """Append time, command and row or query to `logs/reveal.log`.

    Raises:
        WorkspaceError: it can't be written; nothing is revealed then.
    """
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "subject": subject,
    }
    file = workspace.logs / "reveal.log"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as log:
            log.write(orjson.dumps(entry) + b"\n")
    except OSError as exc:
        msg = f"{file} can't be written ({exc.strerror}), and a --reveal is not shown unlogged"
        raise WorkspaceError(msg) from exc
