"""Brings a store of an earlier schema version up to date. What was paid for is never lost.

Each step is written out as it was when its version came, and doesn't follow later changes. Where
rows of old can't say what new ones do, they and their receipts are dropped: the next build makes
them again from the calls, without a new one.
"""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from schemas.errors import WorkspaceError
from schemas.version import SCHEMA_VERSION
from tasks.doors.store.connection import MEMORY
from tasks.doors.store.tables import TABLES, find_columns, read_version
from tasks.doors.syncing import sync


@dataclass(frozen=True, slots=True)
class Migration:
    """A step from the schema version before to `to`."""

    to: int
    why: str
    apply: Callable[[duckdb.DuckDBPyConnection], None]


def migrate(connection: duckdb.DuckDBPyConnection, path: str) -> None:
    """Take a store step by step to this schema version, in one transaction.

    A new database, one that is no store and one of a later version are left as they are.

    Raises:
        WorkspaceError: there is no room for a copy of it; nothing was changed.
    """
    version = read_version(connection)
    if version is None or version >= SCHEMA_VERSION:
        return
    if path != MEMORY:
        connection.execute("CHECKPOINT")  # the file is whole by itself, and nobody writes now
        _keep_copy(Path(path), version)
    connection.begin()
    for step in MIGRATIONS:
        if step.to > version:
            step.apply(connection)
    if _has_unfit_rows(connection):
        _forget_rows(connection)
    connection.execute("UPDATE meta SET schema_version = ?", [SCHEMA_VERSION])
    connection.commit()


def copy_of(store: Path, version: int) -> Path:
    """Return where the copy of a store of an earlier version is kept."""
    return store.with_name(f"{store.stem}.v{version}{store.suffix}")


def _keep_copy(store: Path, version: int) -> None:
    copy = copy_of(store, version)
    draft = copy.with_name(f".{copy.name}.part")
    try:
        shutil.copyfile(store, draft)
        sync(draft)
        draft.replace(copy)
    except OSError as exc:
        draft.unlink(missing_ok=True)
        msg = (
            f"{store} is of an earlier release and needs a copy before it is brought up to date,"
            f" which can't be written ({exc.strerror}); make room for {copy}. Nothing was changed"
        )
        raise WorkspaceError(msg) from exc


_KEPT = ("meta", "calls", "epochs", "reviews")  # what can't be made again


def _forget_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop all that is made from calls; the tables are created anew when the store is opened."""
    for table in _tables(connection):
        if table not in _KEPT:
            connection.execute(f'DROP TABLE "{table}"')


def _has_unfit_rows(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a table of what is made from calls has other columns than it has today."""
    made = {name: list(fields) for name, fields in TABLES.items() if name not in _KEPT}
    found = find_columns(connection)
    return any(found.get(name, fields) != fields for name, fields in made.items())


def _tables(connection: duckdb.DuckDBPyConnection) -> Iterable[str]:
    query = "SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY table_name"
    return [name for (name,) in connection.execute(query).fetchall()]


_CALLS_3 = """CREATE TABLE calls (
    key VARCHAR PRIMARY KEY, stage VARCHAR, role VARCHAR, item VARCHAR, run VARCHAR,
    endpoint VARCHAR, model VARCHAR, text VARCHAR, tool_calls JSON, finish_reason VARCHAR,
    fingerprint VARCHAR, reasoning VARCHAR, prompt_tokens BIGINT, completion_tokens BIGINT,
    cached_tokens BIGINT, latency_s DOUBLE, attempts BIGINT, error VARCHAR, detail VARCHAR,
    tombstone VARCHAR, text_digest VARCHAR)"""


def _name_runs(connection: duckdb.DuckDBPyConnection) -> None:
    """Let calls say which run bought them, none for those of old; then drop the rows."""
    _forget_rows(connection)
    fields = connection.execute("DESCRIBE calls").fetchall()
    if "run" in {name for name, *_ in fields}:  # late stores of version 2 have it
        return
    connection.execute("ALTER TABLE calls RENAME TO calls_2")
    connection.execute(_CALLS_3)
    connection.execute("INSERT INTO calls BY NAME SELECT *, '' AS run FROM calls_2")
    connection.execute("DROP TABLE calls_2")


def _note_builds(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the tables of builds; of those before nothing is known."""
    connection.execute("CREATE TABLE builds (run VARCHAR PRIMARY KEY, started_at VARCHAR)")
    connection.execute("CREATE TABLE uses (run VARCHAR, receipt_digest VARCHAR)")


def _mix_in(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop selections and what was made of them: rows say where they come from now.

    What they were selected from stays, so that the next build finds it in the cache.
    """
    stages = "('balance', 'audit', 'publish')"
    made = f"SELECT receipt_digest FROM receipts WHERE split_part(key, '/', 1) IN {stages}"
    if "receipts" in _tables(connection):
        for table in ("outputs", "receipts"):
            connection.execute(f"DELETE FROM {table} WHERE receipt_digest IN ({made})")
    for table in ("examples", "dropped", "audits"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")


MIGRATIONS = (
    Migration(2, "executions say how far their calls were shut off", _forget_rows),
    Migration(3, "calls say which run bought them; versions are audited", _name_runs),
    Migration(4, "builds say which receipts they rest on", _note_builds),
    Migration(5, "rows of other datasets are mixed in", _mix_in),
)
