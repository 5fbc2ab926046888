"""A run's log: JSON lines in the workspace, and the same messages in Prefect's own log of the run.

A line has a message of fixed words and facts by name: ids, counts, words for what went wrong.
Prompts, texts and keys are never among them.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import orjson
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from schemas.workspace import Workspace
from tasks.holding import not_writable

LOGGER = logging.getLogger("agentalign")
# what a line may say beside its message, in this order; anything else is left out
FACTS = (
    "stage", "category", "block", "part", "cached", "error", "count", "items", "rows_in",
    "rows_out", "dropped", "calls_made", "calls_from_cache", "seconds", "version",
)  # fmt: skip


@contextmanager
def keep_log(workspace: Workspace) -> Iterator[None]:
    """Write what is logged while the block runs into the workspace and into Prefect's log.

    Raises:
        WorkspaceError: the file can't be written.
    """
    handlers = [_open_file(workspace), *([Forward(get_run_logger())] if flow_run.id else [])]
    before = LOGGER.level, LOGGER.propagate
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    for each in handlers:
        LOGGER.addHandler(each)
    try:
        yield
    finally:
        for each in handlers:
            LOGGER.removeHandler(each)
            each.close()
        LOGGER.level, LOGGER.propagate = before


def _open_file(workspace: Workspace) -> logging.Handler:
    about = {"run": flow_run.id, "flow": flow_run.flow_name, "attempt": flow_run.run_count}
    try:
        workspace.logs.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(workspace.logs / "runs.jsonl", encoding="utf-8")
    except OSError as exc:
        raise not_writable(workspace.root, exc) from exc
    handler.setFormatter(JsonLines(about))
    return handler


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, about: Mapping[str, object]) -> None:
        super().__init__()
        self._about = about

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record; of its exception nothing, it may quote a row."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            **self._about,
            "message": record.getMessage(),
            **facts_of(record),
        }
        return orjson.dumps(line).decode()


class Forward(logging.Handler):
    """Passes records on to the log that Prefect keeps of the run."""

    def __init__(self, log: "logging.Logger | logging.LoggerAdapter[logging.Logger]") -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write message and facts as one text."""
        facts = " ".join(f"{name}={value}" for name, value in facts_of(record).items())
        said = record.getMessage()
        self._log.log(record.levelno, "%s", f"{said}: {facts}" if facts else said)


def facts_of(record: logging.LogRecord) -> dict[str, object]:
    """Return what a record says beside its message."""
    said = record.__dict__
    return {name: said[name] for name in FACTS if said.get(name) not in (None, "", {}, [])}
