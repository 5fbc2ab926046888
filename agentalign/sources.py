"""Where a version's tables are read from: its files, or copies of them in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import duckdb

from agentalign.quoting import identifier, literals

Record = dict[str, object]

# What a final row says is wide and asked for one by one: it stays in its file, of which only the
# group that holds the row is read. All else of it is kept.
WIDE = {"examples": ("messages", "tools")}
# what single rows of a table are looked up by
_INDEXED = {
    "calls": ("key",),
    "examples": ("id", "instruction"),
    "bindings": ("id", "chain"),
    "chains": ("id",),
    "dropped": ("id",),
    "instructions": ("id", "binding"),
    "plans": ("id", "binding"),
    "responses": ("id", "instruction"),
    "verdicts": ("id", "subject"),
}


@dataclass(slots=True)
class Source:
    """One connection, opened when it is first needed, for any number of threads.

    With `keep`, a table that is asked for is copied into memory once: a first look takes a few
    hundred milliseconds at most, any later one a few.
    """

    keep: bool = False
    _connection: duckdb.DuckDBPyConnection | None = None
    _kept: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def relation(self, table: str, files: Sequence[Path], *, whole: bool = True) -> str:
        """Return what stands for a table after FROM, without its wide columns unless `whole`.

        Raises:
            duckdb.Error: a file is damaged.
        """
        if not self.keep or (whole and table in WIDE):
            return _parquet(files)
        with self._lock:
            if table not in self._kept:
                self._copy(table, files)
                self._kept.add(table)
        return identifier(f"kept_{table}")

    def fetch(self, query: str) -> list[Record]:
        """Return what a query gives. Raises: duckdb.Error."""
        with self.open().cursor() as cursor:
            found = cursor.execute(query)
            fields = [field[0] for field in found.description or ()]
            return [dict(zip(fields, values, strict=True)) for values in found.fetchall()]

    def open(self) -> duckdb.DuckDBPyConnection:
        """Return the connection; each thread takes a cursor of its own."""
        if self._connection is None:
            self._connection = duckdb.connect()
            self._connection.execute("SET parquet_metadata_cache = true")  # files never change
            if self.keep:  # beside a build, which has the processors
                self._connection.execute("SET threads = 1")
        return self._connection

    def _copy(self, table: str, files: Sequence[Path]) -> None:
        name = identifier(f"kept_{table}")
        with self.open().cursor() as cursor:
            left_out = ", ".join(WIDE.get(table, ()))
            columns = f"* EXCLUDE ({left_out})" if left_out else "*"
            cursor.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM {_parquet(files)}")
            for column in _INDEXED.get(table, ()):
                index = identifier(f"{table}_{column}")
                cursor.execute(f"CREATE INDEX {index} ON {name} ({identifier(column)})")


def _parquet(files: Iterable[Path]) -> str:
    return f"read_parquet([{literals(map(str, files))}])"
