"""Read-only SQL over masked copies of a version's tables, or of the store's."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from agentalign.masked_tables import copy_table
from schemas.errors import BadInputError, WorkspaceBusyError, WorkspaceError
from tasks.formats.quoting import identifier, literal, literals
from tasks.formats.versions import Version

_WORD = re.compile(r"\w+")
_STORE = "store"


@dataclass(frozen=True, slots=True)
class Result:
    """What a query gave."""

    columns: Sequence[str]
    rows: Sequence[tuple[object, ...]]


def query_version(version: Version, sql: str, *, reveal: bool = False) -> Result:
    """Return what a SELECT gives over a version's tables.

    Raises:
        BadInputError: not one SELECT, or it fails.
    """
    sources = {name: _parquet(version.files(name)) for name in version.tables()}
    with duckdb.connect() as connection:
        _check_is_one_select(connection, sql)
        _copy(connection, sources, sql, reveal=reveal)
        return _run(connection, sources, sql)


def query_store(path: Path, sql: str, *, reveal: bool = False) -> Result:
    """Return what a SELECT gives over the store's tables.

    Raises:
        BadInputError: not one SELECT, or it fails.
        WorkspaceBusyError: a build holds the store.
    """
    with duckdb.connect() as connection:
        _check_is_one_select(connection, sql)
        with _attached(connection, path):
            names = connection.execute(
                f"SELECT table_name FROM duckdb_tables() WHERE database_name = '{_STORE}'"
            ).fetchall()
            sources = {name: f"{_STORE}.{identifier(name)}" for (name,) in names}
            _copy(connection, sources, sql, reveal=reveal)
        return _run(connection, sources, sql)


def _copy(
    connection: duckdb.DuckDBPyConnection, sources: Mapping[str, str], sql: str, *, reveal: bool
) -> None:
    """Copy the tables a query names, all of them if it names none."""
    words = {word.lower() for word in _WORD.findall(sql)}
    named = {name for name in sources if name in words} or set(sources)
    for name in sorted(named):
        copy_table(connection, name, sources, reveal=reveal)


def _run(connection: duckdb.DuckDBPyConnection, tables: Iterable[str], sql: str) -> Result:
    """Run a query that reaches the copies alone: no file, no other database, no setting."""
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    try:
        found = connection.execute(sql)
        return Result([field[0] for field in found.description or ()], found.fetchall())
    except duckdb.Error as exc:
        msg = f"the query failed: {exc}\ntables: {', '.join(sorted(tables))}"
        raise BadInputError(msg) from exc


def _check_is_one_select(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as exc:
        raise BadInputError(f"the query can't be read: {exc}") from exc
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise BadInputError("sql reads only: give one SELECT statement")


def _parquet(files: Iterable[Path]) -> str:
    return f"read_parquet([{literals(map(str, files))}])"


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """Attach the store; it is gone again before a query runs that could read past the masks."""
    try:
        connection.execute(f"ATTACH {literal(str(path))} AS {_STORE} (READ_ONLY)")
    except duckdb.IOException as exc:
        if "lock" in str(exc).lower():
            msg = f"{path} is held by a running build; query a version without --live, or wait"
            raise WorkspaceBusyError(msg) from exc
        raise WorkspaceError(f"{path} can't be opened: no build has made a store here") from exc
    except duckdb.Error as exc:
        raise WorkspaceError(f"{path} is not a store: {exc}") from exc
    yield
    connection.execute(f"DETACH {_STORE}")
