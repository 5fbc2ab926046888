"""The store's tables, and how records get into them. Row tables follow `schemas.records`."""

from collections.abc import Iterable, Mapping, Sequence

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]  # ships no types

from schemas.errors import WorkspaceError
from schemas.records import columns
from schemas.rows import ROWS
from schemas.version import SCHEMA_VERSION

CALLS: dict[str, str] = {
    "key": "VARCHAR",
    "stage": "VARCHAR",
    "role": "VARCHAR",
    "item": "VARCHAR",
    "run": "VARCHAR",
    "endpoint": "VARCHAR",
    "model": "VARCHAR",
    "text": "VARCHAR",
    "tool_calls": "JSON",
    "finish_reason": "VARCHAR",
    "fingerprint": "VARCHAR",
    "reasoning": "VARCHAR",
    "prompt_tokens": "BIGINT",
    "completion_tokens": "BIGINT",
    "cached_tokens": "BIGINT",
    "latency_s": "DOUBLE",
    "attempts": "BIGINT",
    "error": "VARCHAR",
    "detail": "VARCHAR",
    "tombstone": "VARCHAR",
    "text_digest": "VARCHAR",
}
# Rows are never changed: what has an id that is there but says something else (a slot, a vote)
# lies beside it, and outputs say which of them a receipt stands for.
ROW_COLUMNS = {"record_digest": "VARCHAR"}
OUTPUTS = {
    "receipt_digest": "VARCHAR",
    "tbl": "VARCHAR",
    "row_id": "VARCHAR",
    "record_digest": "VARCHAR",
}
RECEIPTS = {
    "key": "VARCHAR",
    "digest": "VARCHAR",
    "quarantined": "BOOLEAN",
    "receipt": "JSON",
    "row_counts": "JSON",
    "receipt_digest": "VARCHAR",
}
EPOCHS = {"stage": "VARCHAR", "epoch": "BIGINT"}
# What each build read or made, so that it can be told what nothing needs any more.
BUILDS = {"run": "VARCHAR", "started_at": "VARCHAR"}
USES = {"run": "VARCHAR", "receipt_digest": "VARCHAR"}
META = {"schema_version": "BIGINT"}

TABLES: dict[str, dict[str, str]] = {
    **{row.table: columns(row) | ROW_COLUMNS for row in ROWS},
    "calls": CALLS,
    "outputs": OUTPUTS,
    "receipts": RECEIPTS,
    "epochs": EPOCHS,
    "builds": BUILDS,
    "uses": USES,
    "meta": META,
}
PIECE = 1000  # rows that are written, or read, at a time
# only what is looked up by single keys pays for an index
_PRIMARY_KEYS = {"calls": "key", "receipts": "key", "epochs": "stage", "builds": "run"}
_ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "JSON": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
}


def prepare(connection: duckdb.DuckDBPyConnection, path: str) -> None:
    """Create the tables of a new store. Raises: WorkspaceError for one of another schema."""
    found = find_columns(connection)
    if found:
        check(connection, path, found)
    missing = [table for table in TABLES if table not in found]
    if missing:
        connection.begin()
        create(connection, missing)
        if not found:
            connection.execute("INSERT INTO meta VALUES (?)", [SCHEMA_VERSION])
        connection.commit()


def create(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
    """Create empty tables."""
    for table in names:
        connection.execute(_create(table, TABLES[table]))


def check(
    connection: duckdb.DuckDBPyConnection, path: str, found: Mapping[str, list[str]] | None = None
) -> None:
    """Raise WorkspaceError unless the database is a store of this schema version."""
    found = find_columns(connection) if found is None else found
    version = read_version(connection, found)
    if version is None:
        msg = f"{path} is a database but not a store; name another workspace"
        raise WorkspaceError(msg)
    if version != SCHEMA_VERSION:
        raise WorkspaceError(_explain(path, version))
    other = [t for t, fields in TABLES.items() if found.get(t, list(fields)) != list(fields)]
    if other:
        msg = (
            f"{path} has other columns in {', '.join(other)} than schema version {version};"
            " use the release that made it, or name another workspace"
        )
        raise WorkspaceError(msg)


def read_version(
    connection: duckdb.DuckDBPyConnection, found: Mapping[str, list[str]] | None = None
) -> int | None:
    """Return the schema version of a store; None if it is none."""
    found = find_columns(connection) if found is None else found
    if found.get("meta") != list(META):
        return None
    row = connection.execute("SELECT schema_version FROM meta").fetchone()
    return row[0] if row else None


def _explain(path: str, version: int) -> str:
    if version > SCHEMA_VERSION:
        return (
            f"{path} was made by a later release: it has schema version {version}, this release"
            f" knows versions up to {SCHEMA_VERSION}. Nothing was changed; install the release"
            " that made it, or name another workspace"
        )
    return (
        f"{path} was made by an earlier release: it has schema version {version}, this release"
        f" writes {SCHEMA_VERSION}. `agentalign build` brings it up to date and keeps a copy"
    )


def find_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Return the columns of each table of a database, in their order."""
    found: dict[str, list[str]] = {}
    query = """SELECT table_name, column_name FROM duckdb_columns()
        WHERE NOT internal AND schema_name = 'main' ORDER BY table_name, column_index"""
    for table, column in connection.execute(query).fetchall():
        found.setdefault(table, []).append(column)
    return found


def _create(table: str, fields: Mapping[str, str]) -> str:
    key = _PRIMARY_KEYS.get(table)
    declared = [f'"{n}" {t}{" PRIMARY KEY" if n == key else ""}' for n, t in fields.items()]
    return f"CREATE TABLE {table} ({', '.join(declared)})"


def to_arrow(fields: Mapping[str, str], records: Sequence[Mapping[str, object]]) -> pa.Table:
    """Return records as an arrow table with these columns and DuckDB types."""
    return columns_to_arrow(fields, {name: [r[name] for r in records] for name in fields})


def columns_to_arrow(
    fields: Mapping[str, str], columns: Mapping[str, Sequence[object]]
) -> pa.Table:
    """Return columns as an arrow table in the order and of the DuckDB types of the fields."""
    return pa.table(
        {name: pa.array(columns[name], _ARROW_TYPES[kind]) for name, kind in fields.items()}
    )


def replace(
    connection: duckdb.DuckDBPyConnection, table: str, batch: pa.Table, lasting: str = ""
) -> None:
    """Write a batch without repeated keys into a table with a primary key.

    Of rows that are there the column `lasting` stays as it is.
    """
    changing = [n for n in TABLES[table] if n not in (_PRIMARY_KEYS[table], lasting)]
    updates = ", ".join(f'"{name}" = excluded."{name}"' for name in changing)
    connection.register("batch", batch)
    connection.execute(
        f"INSERT INTO {table} SELECT * FROM batch ON CONFLICT DO UPDATE SET {updates}"
    )
    connection.unregister("batch")


def add(connection: duckdb.DuckDBPyConnection, table: str, batch: pa.Table) -> None:
    """Write those rows of a batch into a row table that are not there yet.

    They are found by their names alone and written a piece at a time: wide rows all at once
    would have to fit into the database's memory.
    """
    new = batch.take(_places_of_new(connection, table, batch.select(["id", "record_digest"])))
    for start in range(0, new.num_rows, PIECE):
        connection.register("batch", new.slice(start, PIECE))
        connection.execute(f"INSERT INTO {table} SELECT * FROM batch")
        connection.unregister("batch")


def _places_of_new(
    connection: duckdb.DuckDBPyConnection, table: str, named: pa.Table
) -> pa.ChunkedArray:
    places = pa.array(range(named.num_rows), pa.int64())
    connection.register("batch", named.append_column("place", places))
    found = connection.execute(
        f"SELECT place FROM batch ANTI JOIN {table} AS old ON batch.id = old.id "
        "AND batch.record_digest = old.record_digest ORDER BY place"
    ).to_arrow_table()
    connection.unregister("batch")
    return found["place"]


def keys_table(keys: Iterable[str]) -> pa.Table:
    """Return keys, each once, as an arrow table `key`."""
    return pa.table({"key": pa.array(list(dict.fromkeys(keys)), pa.string())})


def read_numbered(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    numbers: pa.Table,
    columns: Iterable[str] = ("*",),
) -> pa.Table:
    """Return columns of the rows of a table with these row numbers (one column), in any order.

    What was written together lies together: asked by number, the wide columns are read there
    only, where a join would read all of them.
    """
    chosen = numbers.column(0).to_pylist()
    named = ", ".join(name if name == "*" else f'"{name}"' for name in columns)
    query = f"SELECT {named} FROM {table} WHERE rowid IN (SELECT unnest(?::BIGINT[]))"
    # as a stream: a whole result is in the database's memory before it is in arrow's
    return connection.execute(query, [chosen]).to_arrow_reader(PIECE).read_all()
