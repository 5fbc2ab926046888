"""What `doctor` finds out about `up`: what runs, who has its ports, and its two databases."""

import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from agentalign.findings import Finding
from agentalign.operating.ports import find_holder, is_free
from agentalign.operating.processes import began, find, find_leader
from agentalign.operating.record import Record, load_record, new_record
from agentalign.operating.services import Service, services
from agentalign.operating.starting import HOST, MLFLOW_PORT, PREFECT_PORT
from agentalign.server import DATABASE_SETTINGS, database_of
from schemas.errors import AgentAlignError
from schemas.workspace import Workspace

_POSTGRESQL = 5432
_TABLES = {"prefect": "flow_run", "mlflow": "experiments"}  # that every database of theirs has


def check_operating(folder: Path) -> Iterator[Finding]:
    """Yield what was found, in the order it is shown."""
    workspace = Workspace(folder.resolve())
    try:
        record = load_record(workspace)
    except AgentAlignError as exc:
        yield Finding("up", "failed", str(exc))
        return
    if record is None or not find(record.token):
        yield _not_up(record)
        yield from _ports(new_record(HOST, PREFECT_PORT, MLFLOW_PORT))
    else:
        yield from (_service(record, service) for service in services(workspace, record))
    yield _prefect_database(workspace)
    yield _database("mlflow", Path(workspace.mlflow_uri.removeprefix("sqlite:///")))


def _not_up(record: Record | None) -> Finding:
    if record is None:
        return Finding("up", "ok", "nothing is up in this workspace")
    advice = "`agentalign up` starts it again, `agentalign down` forgets it"
    return Finding("up", "warning", f"was up since {record.since}; nothing of it runs", advice)


def _ports(record: Record) -> Iterator[Finding]:
    """Yield whether `up` would get the ports that it takes if none is named."""
    wanted = ((record.prefect_port, "--prefect-port"), (record.mlflow_port, "--mlflow-port"))
    for port, option in wanted:
        if is_free(record.host, port):
            yield Finding(f"port {port}", "ok", "free")
        else:
            detail = f"taken by {find_holder(port)}"
            yield Finding(f"port {port}", "warning", detail, f"give `agentalign up` {option}")


def _service(record: Record, service: Service) -> Finding:
    what, advice = f"up: {service.name}", f"see {service.log}; `agentalign up` starts it again"
    process = find_leader(record.token, service.name, service.command)
    if process is None:
        return Finding(what, "failed", "does not run", advice)
    if not service.is_healthy(began(process)):
        return Finding(what, "failed", f"process {process.pid} does not answer", advice)
    return Finding(what, "ok", f"{service.address}, process {process.pid}")


def _prefect_database(workspace: Workspace) -> Finding:
    given = next((os.environ[name] for name in DATABASE_SETTINGS if name in os.environ), None)
    if given is None:
        return _database("prefect", database_of(workspace))
    return _remote(given)


def _remote(url: str) -> Finding:
    """Look whether the server of a database that the user named is there; no password is shown."""
    parts = urlsplit(url)
    what, where = "database: prefect", f"{parts.scheme}://{parts.hostname}{parts.path}"
    if parts.hostname is not None:
        try:
            socket.create_connection((parts.hostname, parts.port or _POSTGRESQL), 5).close()
        except OSError as exc:
            advice = "start that server, or unset the variable that names it"
            return Finding(what, "failed", f"{where} is not there ({exc.strerror})", advice)
    return Finding(what, "ok", f"{where}, as the environment says")


def _database(name: str, file: Path) -> Finding:
    what = f"database: {name}"
    if not file.exists():
        return Finding(what, "ok", "not made yet")
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as connection:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            connection.execute(f"SELECT 1 FROM {_TABLES[name]} LIMIT 1")
    except sqlite3.Error as exc:
        said = str(exc)
    if said != "ok":
        advice = f"move {file} away: it holds the history of runs, no dataset"
        return Finding(what, "failed", f"{file} can't be used: {said}", advice)
    return Finding(what, "ok", f"{file.stat().st_size / 1e6:,.1f} MB")
