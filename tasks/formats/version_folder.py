"""A dataset version on disk: Parquet per split, the lineage of its rows, manifest and card."""

import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types

from schemas.records import columns, to_record
from schemas.rows import Example, Row

SPLITS = ("train", "validation", "test")
_ARROW = {"VARCHAR": pa.string(), "JSON": pa.string(), "BIGINT": pa.int64(), "DOUBLE": pa.float64(),
          "BOOLEAN": pa.bool_()}  # fmt: skip


def to_table(kind: type[Row], rows: Iterable[Row]) -> pa.Table:
    """Return rows as an Arrow table with the row kind's columns, sorted by id."""
    schema = pa.schema([(name, _ARROW[sql]) for name, sql in columns(kind).items()])
    records = [to_record(row) for row in sorted(rows, key=lambda row: row.id)]
    return pa.Table.from_pylist(records, schema=schema)


def write_rows(
    folder: Path, examples: Sequence[Example], lineage: dict[type[Row], list[Row]], calls: pa.Table
) -> None:
    """Write `data/<split>.parquet` and `lineage/<table>.parquet` into a new folder."""
    (folder / "data").mkdir(parents=True)
    (folder / "lineage").mkdir()
    for split in SPLITS:
        members = [row for row in examples if row.split == split]
        pq.write_table(to_table(Example, members), folder / "data" / f"{split}.parquet")
    for kind, rows in lineage.items():
        pq.write_table(to_table(kind, rows), folder / "lineage" / f"{kind.table}.parquet")
    pq.write_table(calls, folder / "lineage" / "calls.parquet")


def file_digests(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file below a folder, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def seal(draft: Path, final: Path) -> None:
    """Sync a finished draft, move it to its place in one step and make it read-only.

    An earlier folder of the same version is left as it is: it holds the same rows.
    """
    for path in (draft, *draft.rglob("*")):
        _sync(path)
        if path.is_file():
            path.chmod(0o444)
    if final.exists():
        shutil.rmtree(draft)
        return
    draft.rename(final)
    _sync(final.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
