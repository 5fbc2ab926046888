"""Tables of two versions joined on `slot`, in DuckDB over their files."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from schemas.errors import WorkspaceError
from tasks.formats.quoting import identifier
from tasks.formats.sources import parquet
from tasks.formats.versions import Version

Found = list[tuple[object, ...]]


class Joined:
    """Queries over two versions: `before` and `after` stand for a table of each."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, one: Version, other: Version) -> None:
        self._connection = connection
        self.before, self.after = one, other

    def columns(self, table: str) -> list[str]:
        """Return the columns that a table has in both versions, by name."""
        return sorted(self.before.columns(table) & self.after.columns(table))

    def query(self, table: str, sql: str) -> Found:
        """Return what SQL of our own gives over a table of both; nothing where one lacks it.

        Raises:
            WorkspaceError: a file is damaged.
        """
        one, other = self.before.files(table), self.after.files(table)
        if not (one and other):
            return []
        return self.run(
            f"WITH before AS (FROM {parquet(one)}), after AS (FROM {parquet(other)}) {sql}"
        )

    def run(self, sql: str) -> Found:
        """Return what SQL over files of both gives. Raises: WorkspaceError if one is damaged."""
        try:
            return self._connection.execute(sql).fetchall()
        except duckdb.Error as exc:
            msg = (
                f"a table of {self.before.name} or {self.after.name} can't be read; what is"
                " damaged is published again by `agentalign build`, once its folder is removed"
            )
            raise WorkspaceError(msg) from exc


@contextmanager
def open_joined(one: Version, other: Version) -> Iterator[Joined]:
    """Open two versions for queries."""
    with duckdb.connect() as connection:
        yield Joined(connection, one, other)


def differs(column: str) -> str:
    """Return SQL that tells whether a column differs between the two."""
    name = identifier(column)
    return f"before.{name} IS DISTINCT FROM after.{name}"
