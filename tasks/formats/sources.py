"""Where a version's rows are read from: its files, or what is kept of them in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import duckdb

from tasks.formats.quoting import literal, literals

if TYPE_CHECKING:
    from tasks.formats.shelves import Shelf

Record = dict[str, object]

# What a final row says is much, and asked for one by one: it stays in its file, of which only
# the group that holds the row is read.
_WIDE = {"examples": ("messages", "tools")}


@dataclass(slots=True)
class Source:
    """One connection, opened when it is first needed, for any number of threads.

    With `keep`, tables that rows are picked from are read into memory once: a tenth of a second
    or two, and a tenth of a millisecond for each row from then on. Queries read files in any case.
    """

    keep: bool = False
    _connection: duckdb.DuckDBPyConnection | None = None
    _shelves: "dict[str, Shelf]" = field(default_factory=dict)
    _columns: dict[Path, frozenset[str]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def fetch(self, query: str) -> list[Record]:
        """Return what a query gives. Raises: duckdb.Error."""
        with self._open().cursor() as cursor:
            found = cursor.execute(query)
            fields = [field[0] for field in found.description or ()]
            return [dict(zip(fields, values, strict=True)) for values in found.fetchall()]

    def columns(self, file: Path) -> frozenset[str]:
        """Return the columns of a file, which is asked once. Raises: duckdb.Error."""
        if file not in self._columns:
            name = literal(str(file))
            query = f"SELECT name FROM parquet_schema({name}) WHERE num_children IS NULL"
            self._columns[file] = frozenset(str(record["name"]) for record in self.fetch(query))
        return self._columns[file]

    def pick(
        self, table: str, files: Sequence[Path], names: Sequence[str], column: str,
        values: Iterable[str],
    ) -> list[Record]:  # fmt: skip
        """Return columns of the rows that have one of the values in a column, from memory.

        Raises:
            OSError: a file is damaged, or lacks a column.
        """
        from tasks.formats.shelves import read_shelf

        with self._lock:
            if table not in self._shelves:
                self._shelves[table] = read_shelf(files, _WIDE.get(table, ()))
            return self._shelves[table].pick(names, column, values)

    def _open(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if self._connection is None:
                self._connection = duckdb.connect()
                self._connection.execute("SET parquet_metadata_cache = true")  # they never change
                if self.keep:  # beside a build, which has the processors
                    self._connection.execute("SET threads = 1")
            return self._connection


def parquet(files: Iterable[Path]) -> str:
    """Return what stands for files after FROM."""
    return f"read_parquet([{literals(map(str, files))}])"
