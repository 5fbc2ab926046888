"""Leaves out of a store what nothing needs: what is kept is written anew, then takes its place."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from schemas.errors import WorkspaceError
from schemas.rows import ROWS, Review
from tasks.doors.store.connection import connect, parse_url
from tasks.doors.store.store import Store
from tasks.doors.store.tables import TABLES, create
from tasks.doors.syncing import sync

_WHOLE = (Review.table, "epochs", "meta")  # tables of which all is kept


@dataclass(frozen=True, slots=True)
class Needed:
    """What a store is needed for.

    Attributes:
        receipts: keys of stage runs that are needed.
        digests: of versions whose publication is needed.
        runs: builds whose stage runs are needed, all of them.
        since: builds that started then or later are needed too, what they bought included.
    """

    receipts: Collection[str]
    digests: Collection[str]
    runs: Collection[str]
    since: str


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What was left out of a store, its size in bytes, and the keys of stage runs it still has."""

    rows: int
    calls: int
    receipts: int
    before: int
    after: int
    keys: frozenset[str]

    @property
    def is_worth_it(self) -> bool:
        """Whether anything is left out, or at least the file is smaller."""
        return bool(self.rows or self.calls or self.receipts) or self.after < self.before


def trim(url: str, needed: Needed, *, dry_run: bool) -> Trimmed:
    """Leave out of a store what nothing needs, in one step that a crash can't halve.

    Calls that no stage run has noted yet stay: a build that was cut off goes on with them. Those
    of builds that are known, and too old to be needed, go. With `dry_run` the store stays as it is.

    Raises:
        WorkspaceError: there is no store, or no room for what is kept.
        WorkspaceBusyError: another process holds it.
    """
    Store.open(url, create=False).close()  # brought up to date, and all of it in the one file
    store = Path(parse_url(url))
    draft = store.with_name(f".{store.name}.kept")
    _remove(draft)
    try:
        trimmed = _copy(store, draft, needed)
        if not trimmed.is_worth_it:
            return replace(trimmed, after=trimmed.before)
        if not dry_run:
            _put_in_place(draft, store)
    except (duckdb.Error, OSError) as exc:
        msg = f"{store} can't be made smaller ({str(exc).splitlines()[0]}); nothing of it was lost"
        raise WorkspaceError(msg) from exc
    finally:
        _remove(draft)
    return trimmed


def _copy(store: Path, draft: Path, needed: Needed) -> Trimmed:
    with _attached(store, draft) as connection:
        create(connection, TABLES)
        _name_kept(connection, needed)
        for table in _WHOLE:
            connection.execute(f"INSERT INTO {table} FROM old.{table}")
        for table, kept in _CONDITIONS.items():
            connection.execute(f"INSERT INTO {table} FROM old.{table} WHERE {kept}")
        counts = {name: _lost(connection, name) for name in TABLES}
        keys = connection.execute("SELECT key FROM receipts").fetchall()
    return Trimmed(
        rows=sum(counts[row.table] for row in ROWS),
        calls=counts["calls"],
        receipts=counts["receipts"],
        before=store.stat().st_size,
        after=draft.stat().st_size,
        keys=frozenset(key for (key,) in keys),
    )


def _name_kept(connection: duckdb.DuckDBPyConnection, needed: Needed) -> None:
    """Make the tables `kept_runs` and `kept`: of builds, and of what receipts stand for."""
    connection.execute(
        "CREATE TEMP TABLE kept_runs AS SELECT unnest(?::VARCHAR[]) AS run"
        " UNION SELECT run FROM old.builds WHERE started_at >= ?",
        [sorted(needed.runs), needed.since],
    )
    connection.execute(
        "CREATE TEMP TABLE kept AS SELECT receipt_digest FROM old.receipts"
        " WHERE key IN (SELECT unnest(?::VARCHAR[]))"
        " OR (key LIKE 'publish/%' AND digest IN (SELECT unnest(?::VARCHAR[])))"
        " UNION SELECT receipt_digest FROM old.uses WHERE run IN (FROM kept_runs)",
        [sorted(needed.receipts), sorted(needed.digests)],
    )


def _row_condition(table: str) -> str:
    named = f"SELECT (row_id, record_digest) FROM outputs WHERE tbl = '{table}'"
    return f"(id, record_digest) IN ({named})"


# what of each table is kept, in the order in which they are filled
_CONDITIONS = {
    "outputs": "receipt_digest IN (FROM kept)",
    "receipts": "receipt_digest IN (FROM kept)",
    "uses": "run IN (FROM kept_runs)",
    "builds": "run IN (FROM kept_runs)",
    **{row.table: _row_condition(row.table) for row in ROWS if row is not Review},
    "calls": """key IN (SELECT row_id FROM outputs WHERE tbl = 'calls')
        OR (key NOT IN (SELECT row_id FROM old.outputs WHERE tbl = 'calls')
            AND (run IN (FROM kept_runs) OR run NOT IN (SELECT run FROM old.builds)))""",
}


def _lost(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    query = f"SELECT (SELECT count(*) FROM old.{table}) - (SELECT count(*) FROM {table})"
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _attached(store: Path, draft: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a new database, with the store beside it as `old`; it is whole when this ends."""
    connection = connect(str(draft), create=True, read_only=False)
    try:
        place = str(store).replace("'", "''")
        connection.execute(f"ATTACH '{place}' AS old (READ_ONLY)")
        yield connection
        connection.execute("DETACH old")
        connection.execute("CHECKPOINT")
    finally:
        connection.close()


def _put_in_place(draft: Path, store: Path) -> None:
    sync(draft)
    draft.replace(store)
    sync(store.parent)


def _remove(draft: Path) -> None:
    for path in (draft, draft.with_name(f"{draft.name}.wal")):
        path.unlink(missing_ok=True)
