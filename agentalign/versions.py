"""Reads published versions: folders of Parquet that need no store."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import duckdb
from pydantic import ValidationError

from agentalign.quoting import identifier, literal, literals
from schemas.aliases import ALIASES, holders
from schemas.errors import BadInputError, WorkspaceError
from schemas.records import columns, from_record
from schemas.results import Manifest
from schemas.rows import Example, Row
from schemas.suggestions import suggest
from schemas.workspace import Workspace
from tasks.doors.aliases import read_moves

R = TypeVar("R", bound=Row)
Record = dict[str, object]

MANIFEST = "manifest.json"
CALLS = "calls"
# a second thread makes no query faster here, and each needs memory of its own
_CONFIG: dict[str, str | bool | int | float | list[str]] = {"threads": 1}


@dataclass(frozen=True, slots=True)
class Version:
    """One published version."""

    folder: Path
    manifest: Manifest

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

        Raises:
            WorkspaceError: a file is damaged.
        """
        names = ", ".join(map(identifier, columns(kind)))
        records = self.records(kind.table, names, column, values, order="id")
        try:
            return [from_record(kind, record) for record in records]
        except ValidationError as exc:
            raise self._damaged(kind.table) from exc

    def columns(self, table: str) -> frozenset[str]:
        """Return the columns of a table, which an earlier release may have had fewer of."""
        if not (files := self.files(table)):
            return frozenset()
        query = (
            f"SELECT name FROM parquet_schema({literal(str(files[0]))}) WHERE num_children IS NULL"
        )
        return frozenset(str(record["name"]) for record in self._fetch(table, query))

    def calls(self, keys: Iterable[str]) -> list[Record]:
        """Return the model calls with these keys, without their text, by key."""
        return self.records(CALLS, "*", "key", keys, order="key")

    def records(
        self, table: str, names: str, column: str | None, values: Iterable[str], *, order: str
    ) -> list[Record]:
        """Return flat records of a table. Raises: WorkspaceError if a file is damaged."""
        wanted = list(values)
        if not (files := self.files(table)) or (column is not None and not wanted):
            return []
        where = f"WHERE {identifier(column)} IN ({literals(wanted)})" if column else ""
        paths = literals(map(str, files))
        query = f"SELECT {names} FROM read_parquet([{paths}]) {where} ORDER BY {order}"
        return self._fetch(table, query)

    def _fetch(self, table: str, query: str) -> list[Record]:
        try:
            with duckdb.connect(config=_CONFIG) as connection:
                found = connection.execute(query)
                fields = [field[0] for field in found.description or ()]
                return [dict(zip(fields, values, strict=True)) for values in found.fetchall()]
        except duckdb.Error as exc:
            raise self._damaged(table) from exc

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
