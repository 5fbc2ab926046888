"""Tables in memory from which single rows are taken in microseconds."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Group:
    """A group of rows in a file: its number there, and the place of its first row on the shelf."""

    file: pq.ParquetFile
    number: int
    first: int


@dataclass(slots=True)
class Shelf:
    """A table without its wide columns, the groups that these are read from, and its indexes.

    Not for two threads at once.
    """

    table: pa.Table
    wide: Collection[str]
    groups: Sequence[Group]
    _places: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    def pick(self, names: Sequence[str], column: str, values: Iterable[str]) -> list[Record]:
        """Return columns of the rows that have one of the values in a column; all if none is named.

        Raises:
            OSError: the table lacks a column, or a file is damaged.
        """
        asked = names or [*self.table.column_names, *self.wide]
        if lacking := {*asked, column} - {*self.table.column_names, *self.wide}:
            raise OSError(f"no column {', '.join(sorted(lacking))}")
        places = self._places_of(column)
        chosen = sorted({place for value in values for place in places.get(value, ())})
        narrow = self.table.select([name for name in asked if name not in self.wide])
        far = [name for name in asked if name in self.wide]
        return [_only(narrow, at) | (self._read(at, far) if far else {}) for at in chosen]

    def _places_of(self, column: str) -> dict[str, list[int]]:
        if column not in self._places:
            found: dict[str, list[int]] = {}
            for place, value in enumerate(self.table[column].to_pylist()):
                found.setdefault(value, []).append(place)
            self._places[column] = found
        return self._places[column]

    def _read(self, place: int, names: Sequence[str]) -> Record:
        group = self.groups[bisect_right(self.groups, place, key=lambda each: each.first) - 1]
        try:
            rows = group.file.read_row_group(group.number, columns=names, use_threads=False)
        except pa.ArrowException as exc:
            raise OSError(str(exc)) from exc
        return _only(rows, place - group.first)


def _only(rows: pa.Table, place: int) -> Record:
    (record,) = rows.slice(place, 1).to_pylist()
    return dict(record)


def read_shelf(paths: Sequence[Path], wide: Collection[str] = ()) -> Shelf:
    """Return the table of files, without its wide columns. Raises: OSError for a damaged file."""
    try:
        files = [pq.ParquetFile(path) for path in paths]
        tables = [
            file.read([name for name in file.schema_arrow.names if name not in wide])
            for file in files
        ]
    except pa.ArrowException as exc:
        raise OSError(str(exc)) from exc
    return Shelf(pa.concat_tables(tables), wide, _groups(files))


def _groups(files: Iterable[pq.ParquetFile]) -> list[Group]:
    groups, first = [], 0
    for file in files:
        for number in range(file.metadata.num_row_groups):
            groups.append(Group(file, number, first))
            first += file.metadata.row_group(number).num_rows
    return groups
