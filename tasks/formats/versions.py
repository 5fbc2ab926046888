"""Reads published versions: folders of Parquet that need no store."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import duckdb
from pydantic import ValidationError

from schemas.aliases import ALIASES, holders
from schemas.errors import BadInputError, WorkspaceError
from schemas.records import columns, from_record
from schemas.results import Manifest
from schemas.rows import Example, Row
from schemas.suggestions import suggest
from schemas.workspace import Workspace
from tasks.doors.aliases import read_moves
from tasks.formats.quoting import identifier, literals
from tasks.formats.sources import Record, Source, parquet

__all__ = ["Record", "Version", "find_version", "list_versions", "open_version"]

R = TypeVar("R", bound=Row)

MANIFEST = "manifest.json"
CALLS = "calls"


@dataclass(frozen=True, slots=True)
class Version:
    """One published version."""

    folder: Path
    manifest: Manifest
    source: Source = field(default_factory=Source, compare=False, repr=False)

    def kept(self) -> "Version":
        """Return the same version for many questions: what it reads it keeps in memory."""
        return replace(self, source=Source(keep=True))

    @property
    def name(self) -> str:
        """Its name: 12 digits of its digest, marked if it is a rehearsal."""
        return self.manifest.version

    def files(self, table: str) -> list[Path]:
        """Return the Parquet files of a table, none if the version lacks it."""
        if table == Example.table:
            return sorted((self.folder / "data").glob("*.parquet"))
        return [file for file in [self.folder / "lineage" / f"{table}.parquet"] if file.exists()]

    def tables(self) -> list[str]:
        """Return the names of its tables."""
        lineage = sorted(file.stem for file in (self.folder / "lineage").glob("*.parquet"))
        return [Example.table, *lineage]

    def rows(self, kind: type[R], column: str | None = None, values: Iterable[str] = ()) -> list[R]:
        """Return rows of a kind by id: all, or those whose column has one of the values.

        Columns that an earlier release did not have stand at their defaults.

        Raises:
            WorkspaceError: a file is damaged.
        """
        records = self.pick(kind.table, self._columns_of(kind), column, values, order="id")
        try:
            return [from_record(kind, record) for record in records]
        except ValidationError as exc:
            raise self._damaged(kind.table) from exc

    def stream(self, kind: type[R]) -> Iterator[R]:
        """Yield the rows of a kind by id, holding a piece of each file at a time.

        Raises:
            WorkspaceError: a file is damaged.
        """
        from tasks.formats.streaming import stream_rows

        try:
            yield from stream_rows(kind, self.files(kind.table), self._columns_of(kind))
        except (OSError, ValueError) as exc:  # pydantic's and arrow's are such
            raise self._damaged(kind.table) from exc

    def _columns_of(self, kind: type[Row]) -> list[str]:
        """Return the columns of a kind of row, without those that the version came too early for.

        Only what says so of itself may be lacking: a row that doesn't say whether it holds harm is
        not read as if it held none.
        """
        lacking = kind.later_fields - self.columns(kind.table) if kind.later_fields else ()
        return [name for name in columns(kind) if name not in lacking]

    def columns(self, table: str) -> frozenset[str]:
        """Return the columns of a table, which an earlier release may have had fewer of."""
        if not (files := self.files(table)):
            return frozenset()
        try:
            return self.source.columns(files[0])
        except duckdb.Error as exc:
            raise self._damaged(table) from exc

    def calls(self, keys: Iterable[str]) -> list[Record]:
        """Return the model calls with these keys, without their text, by key."""
        return self.pick(CALLS, (), "key", keys, order="key")

    def pick(
        self, table: str, names: Sequence[str], column: str | None, values: Iterable[str],
        *, order: str,
    ) -> list[Record]:  # fmt: skip
        """Return columns of a table, all of them if none is named, from memory if it is there.

        Raises:
            WorkspaceError: a file is damaged.
        """
        files = self.files(table)
        if column is None or not files or not self.source.keep:
            listed = ", ".join(map(identifier, names)) or "*"
            return self.records(table, listed, column, values, order=order)
        try:
            found = self.source.pick(table, files, names, column, values)
        except OSError as exc:
            raise self._damaged(table) from exc
        return sorted(found, key=lambda record: str(record[order]))

    def records(
        self, table: str, names: str, column: str | None, values: Iterable[str], *, order: str
    ) -> list[Record]:
        """Return flat records of a table. Raises: WorkspaceError if a file is damaged."""
        wanted = list(values)
        if not self.files(table) or (column is not None and not wanted):
            return []
        where = f"WHERE {identifier(column)} IN ({literals(wanted)})" if column else ""
        query = f"SELECT {names} FROM {parquet(self.files(table))} {where} ORDER BY {order}"
        try:
            return self.source.fetch(query)
        except duckdb.Error as exc:
            raise self._damaged(table) from exc

    def query(self, tables: Iterable[str], query: str) -> list[Record]:
        """Return what a query over some of its tables gives. Raises: WorkspaceError."""
        named = list(tables)
        try:
            return self.source.fetch(self._over(named, query))
        except duckdb.Error as exc:
            raise self._damaged(", ".join(named)) from exc

    def keep_query(self, name: str, tables: Iterable[str], query: str) -> None:
        """Keep what a query gives as a table of the source. Raises: WorkspaceError."""
        named = list(tables)
        try:
            self.source.fetch(f"CREATE TABLE {identifier(name)} AS {self._over(named, query)}")
        except duckdb.Error as exc:
            raise self._damaged(", ".join(named)) from exc

    def _over(self, tables: Iterable[str], query: str) -> str:
        views = (f"{identifier(t)} AS (FROM {parquet(self.files(t))})" for t in tables)
        return f"WITH {', '.join(views)} SELECT * FROM ({query})"

    def _damaged(self, table: str) -> WorkspaceError:
        return WorkspaceError(
            f"table {table} of {self.folder} can't be read; remove the folder and run"
            " `agentalign build` with its parameters: it is published again without new calls"
        )


def list_versions(workspace: Workspace) -> list[Version]:
    """Return the versions of a workspace, newest first."""
    found = [open_version(file.parent) for file in workspace.versions.glob(f"[!.]*/{MANIFEST}")]
    return sorted(found, key=lambda v: (v.manifest.created_at, v.name), reverse=True)


def find_version(workspace: Workspace, name: str | None = None) -> Version:
    """Return a version by name, unambiguous start of it or alias; without a name the newest.

    Raises:
        BadInputError: there is none, or several.
    """
    if name in ALIASES:
        name = _aliased(workspace, name)
    versions = list_versions(workspace)
    if not versions:
        msg = f"no version in {workspace.versions} yet; run `agentalign build` first"
        raise BadInputError(msg)
    if name is None:
        return versions[0]
    same = [v for v in versions if v.name == name] or [v for v in versions if _starts(v, name)]
    if len(same) == 1:
        return same[0]
    names = [version.name for version in same or versions]
    if same:
        raise BadInputError(f"version {name!r} is ambiguous: {', '.join(names)}")
    raise BadInputError(f"no version {name!r}{suggest(name, names)}")


def _aliased(workspace: Workspace, alias: str) -> str:
    moves = {str(name): move for name, move in holders(read_moves(workspace)).items()}
    if alias in moves:
        return moves[alias].version
    msg = f"{alias} points to no version yet; `agentalign promote VERSION {alias}` lets it"
    raise BadInputError(msg)


def open_version(folder: Path) -> Version:
    """Return the version in a folder. Raises: WorkspaceError if its manifest can't be read."""
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError) as exc:
        msg = f"{folder / MANIFEST} can't be read; remove the folder and build the version again"
        raise WorkspaceError(msg) from exc
    return Version(folder, manifest)


def _starts(version: Version, name: str) -> bool:
    return version.name.startswith(name) or version.name.removeprefix("rehearsal-").startswith(name)
