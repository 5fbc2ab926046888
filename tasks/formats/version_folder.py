"""A dataset version on disk: Parquet per split, the lineage of its rows, manifest and card."""

import hashlib
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import orjson
import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types

from schemas.base import Declared
from schemas.prompts import Prompt
from schemas.records import columns, to_record
from schemas.rows import Example, Row
from schemas.third_party import CATEGORY, OWN
from tasks.composition import SPLITS
from tasks.doors.syncing import sync

PROMPTS = ("name", "ref", "system", "user")
PIECE = 2_000  # rows that are written at a time
GROUP = 250  # rows of a group in a file: who wants one row reads its group
_ARROW = {"VARCHAR": pa.string(), "JSON": pa.string(), "BIGINT": pa.int64(), "DOUBLE": pa.float64(),
          "BOOLEAN": pa.bool_()}  # fmt: skip


def to_table(kind: type[Row], rows: Iterable[Row]) -> pa.Table:
    """Return rows as an Arrow table with the row kind's columns, sorted by id."""
    records = [to_record(row) for row in sorted(rows, key=lambda row: row.id)]
    return pa.Table.from_pylist(records, schema=schema_of(kind))


def schema_of(kind: type[Declared]) -> pa.Schema:
    """Return the Arrow schema of a kind of record: its columns, in their order."""
    return pa.schema([(name, _ARROW[sql]) for name, sql in columns(kind).items()])


def write_rows(
    folder: Path, examples: Sequence[Example], lineage: dict[type[Row], list[Row]], calls: pa.Table
) -> None:
    """Write `data/<split>.parquet` and `lineage/<table>.parquet` into a new folder."""
    open_folder(folder)
    with open_examples(folder) as write:
        write(to_table(Example, examples))
    for kind, rows in lineage.items():
        write_lineage(folder, kind, to_table(kind, rows), {})
    write_calls(folder, calls)


def open_folder(folder: Path) -> None:
    """Make a new folder with its two parts."""
    (folder / "data").mkdir(parents=True)
    (folder / "lineage").mkdir()


@contextmanager
def open_examples(folder: Path) -> Iterator[Callable[[pa.Table], None]]:
    """Open `data/<split>.parquet`; return what writes examples, given a piece after the other.

    A piece's own records may be in any order, those of a later one have later ids.
    """
    with ExitStack() as stack:
        files = {split: folder / "data" / f"{split}.parquet" for split in SPLITS}
        writers = {
            split: stack.enter_context(pq.ParquetWriter(file, schema_of(Example)))
            for split, file in files.items()
        }

        def write(piece: pa.Table) -> None:
            for split, writer in writers.items():
                _write_sorted(Example, piece, pc.equal(piece["split"], split), writer)

        yield write


def write_lineage(
    folder: Path, kind: type[Row], records: pa.Table, wanted: Mapping[str, Collection[str]]
) -> set[str]:
    """Write `lineage/<table>.parquet` and return the keys of the calls behind what is in it.

    Of the records, in any order, those are written that have, in each column of `wanted`, one of
    the values wanted of it, or none.
    """
    kept = pa.chunked_array([pa.array([True] * records.num_rows, pa.bool_())])
    for column, values in wanted.items():
        among = pc.is_in(records[column], value_set=pa.array(sorted(values), pa.string()))
        kept = pc.and_(kept, pc.or_(among, pc.is_null(records[column])))
    file = folder / "lineage" / f"{kind.table}.parquet"
    with pq.ParquetWriter(file, schema_of(kind)) as writer:
        _write_sorted(kind, records, kept, writer)
    texts = records["calls"].filter(kept) if "calls" in records.column_names else ()
    return {key for text in texts for key in orjson.loads(text.as_py())}


@contextmanager
def open_lineage(folder: Path, kind: type[Row]) -> Iterator[Callable[[Sequence[Row]], None]]:
    """Open `lineage/<table>.parquet`; return what writes rows, given a piece after the other."""
    file = folder / "lineage" / f"{kind.table}.parquet"
    with pq.ParquetWriter(file, schema_of(kind)) as writer:

        def write(piece: Sequence[Row]) -> None:
            if piece:
                writer.write_table(to_table(kind, piece), row_group_size=GROUP)

        yield write


def count_rows(folder: Path) -> dict[str, dict[str, int]]:
    """Return the rows in `data/<split>.parquet` by class, then by the split of the file's name."""
    found: dict[str, dict[str, int]] = {}
    for split in SPLITS:
        table = pq.read_table(folder / "data" / f"{split}.parquet", columns=["label", "source"])
        own = pc.equal(table["source"], OWN)
        classes = pc.if_else(own, table["label"], CATEGORY)
        for counted in pc.value_counts(classes).to_pylist():
            found.setdefault(counted["values"], {})[split] = counted["counts"]
    return found


def write_prompts(folder: Path, prompts: Iterable[Prompt]) -> None:
    """Write `lineage/prompts.parquet`: the texts that models were asked with, by name."""
    records = [prompt.model_dump(include=set(PROMPTS)) | {"ref": prompt.ref} for prompt in prompts]
    schema = pa.schema([(name, pa.string()) for name in PROMPTS])
    pq.write_table(pa.Table.from_pylist(records, schema), folder / "lineage" / "prompts.parquet")


def write_calls(folder: Path, calls: pa.Table) -> None:
    """Write `lineage/calls.parquet`."""
    with open_calls(folder) as write:
        write(calls)


@contextmanager
def open_calls(folder: Path) -> Iterator[Callable[[pa.Table], None]]:
    """Open `lineage/calls.parquet`; return what writes calls, given a piece after the other."""
    file, opened = folder / "lineage" / "calls.parquet", list[pq.ParquetWriter]()
    with ExitStack() as stack:

        def write(piece: pa.Table) -> None:
            if not opened:
                opened.append(stack.enter_context(pq.ParquetWriter(file, piece.schema)))
            opened[0].write_table(piece)

        yield write


def _write_sorted(
    kind: type[Row], records: pa.Table, kept: pa.ChunkedArray, writer: pq.ParquetWriter
) -> None:
    """Write those records that are kept, by id, a piece at a time: they are never all copied."""
    if not records.num_rows:  # a table without a piece is more than arrow can search
        return
    named, own = records.select([*columns(kind)]), pc.indices_nonzero(kept)
    places = own.take(pc.sort_indices(records["id"].take(own)))
    for start in range(0, len(places), PIECE):
        piece = named.take(places[start : start + PIECE]).cast(schema_of(kind))
        writer.write_table(piece, row_group_size=GROUP)


def file_digests(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file below a folder, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def seal(draft: Path, final: Path) -> None:
    """Sync a finished draft, move it to its place in one step and make it read-only.

    An earlier folder of the same version is left as it is: it holds the same rows.
    """
    for path in (draft, *draft.rglob("*")):
        sync(path)
        if path.is_file():
            path.chmod(0o444)
    if final.exists():
        shutil.rmtree(draft)
        return
    draft.rename(final)
    sync(final.parent)
