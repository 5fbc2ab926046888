"""Rows and receipts: one transaction in, and out only through the receipts."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import duckdb
import orjson
import pyarrow as pa  # type: ignore[import-untyped]  # ships no types

from schemas.base import JsonValue
from schemas.ids import ID_HEX, canonical_json, digest
from schemas.records import R, columns, from_record
from schemas.rows import ROWS, Receipt
from tasks.doors.store.recorded import Recorded
from tasks.doors.store.tables import RECEIPTS, add, read_numbered, replace, to_arrow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are read, and how much of them.

    Attributes:
        ids: of the rows; None stands for all.
        blank: what fields hold in the place of what is stored, which is then not read.
    """

    ids: Collection[str] | None = None
    blank: Mapping[str, JsonValue] = field(default_factory=dict)


def write(
    connection: duckdb.DuckDBPyConnection,
    receipt: Receipt,
    rows: Iterable[Recorded],
    calls: Sequence[str] = (),
) -> bool:
    """Write rows, the outputs of the receipt and the receipt; the caller holds a transaction.

    Returns:
        Whether the receipt can be relied on, as `find_whole` means it.
    """
    tables: dict[str, pa.Table] = {}
    for one in rows:
        tables[one.kind.table] = records = _last_of_each_id(one.records)
        if not one.stored:
            add(connection, one.kind.table, records)
    _replace_outputs(connection, output_digest(receipt), tables, calls)
    counts = {table: records.num_rows for table, records in tables.items()}
    record = {
        "key": receipt.key,
        "digest": receipt.digest,
        "quarantined": receipt.quarantined,
        "receipt": canonical_json(receipt.model_dump(mode="json")).decode(),
        "row_counts": canonical_json(counts).decode(),
        "receipt_digest": output_digest(receipt),
    }
    replace(connection, "receipts", to_arrow(RECEIPTS, [record]))
    return _is_whole(receipt, counts)


def output_digest(receipt: Receipt) -> str:
    """Return the name of what a receipt stands for: a stage run again may make other rows."""
    return digest(receipt.key, receipt.digest)[:ID_HEX]


def _last_of_each_id(records: pa.Table) -> pa.Table:
    last = {row_id: place for place, row_id in enumerate(records["id"].to_pylist())}
    return records if len(last) == records.num_rows else records.take(list(last.values()))


def _replace_outputs(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    tables: Mapping[str, pa.Table],
    calls: Sequence[str],
) -> None:
    connection.execute("DELETE FROM outputs WHERE receipt_digest = ?", [name])
    for table, records in tables.items():
        _add_outputs(connection, name, table, records.select(["id", "record_digest"]))
    keys = pa.array(calls, pa.string())
    none = pa.array([""] * len(calls), pa.string())
    _add_outputs(connection, name, "calls", pa.table({"id": keys, "record_digest": none}))


def _add_outputs(
    connection: duckdb.DuckDBPyConnection, name: str, table: str, named: pa.Table
) -> None:
    connection.register("batch", named)
    connection.execute(
        "INSERT INTO outputs SELECT ?, ?, id, record_digest FROM batch", [name, table]
    )
    connection.unregister("batch")


def read(
    connection: duckdb.DuckDBPyConnection,
    kind: type[R],
    table: str,
    receipts: Iterable[Receipt],
    wanted: Wanted = Wanted(),
) -> list[R]:
    """Return the rows of a table that the receipts stand for, each once, ordered by id."""
    blanks = {name: canonical_json(value).decode() for name, value in wanted.blank.items()}
    names = [name for name in columns(kind) if name not in blanks]
    numbers = _row_numbers(connection, table, receipts, wanted.ids)
    found = read_numbered(connection, table, numbers, names)
    rows = [
        from_record(kind, record | blanks)
        for batch in found.to_batches(max_chunksize=1000)
        for record in batch.to_pylist()
    ]
    return sorted(rows, key=attrgetter("id"))


def read_records(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    receipts: Iterable[Receipt],
    ids: Collection[str] | None = None,
) -> pa.Table:
    """Return the records of a table that the receipts stand for, each once, in any order."""
    return read_numbered(connection, table, _row_numbers(connection, table, receipts, ids))


def read_ids(
    connection: duckdb.DuckDBPyConnection, table: str, receipts: Iterable[Receipt]
) -> list[str]:
    """Return the ids of the rows that receipts stand for, in the order in which they lie."""
    connection.register("numbers", _row_numbers(connection, table, receipts))
    query = f"SELECT t.id FROM {table} AS t SEMI JOIN numbers ON t.rowid = numbers.rowid"
    found = connection.execute(f"{query} ORDER BY t.rowid").fetchall()
    connection.unregister("numbers")
    return [row_id for (row_id,) in found]


def tally(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    receipts: Iterable[Receipt],
    expressions: Sequence[str],
) -> Counter[tuple[Any, ...]]:
    """Return how many of the rows that receipts stand for have the same values.

    `expressions` are SQL over the table's columns, written by ourselves.
    """
    connection.register("numbers", _row_numbers(connection, table, receipts))
    found = connection.execute(
        f"""SELECT {", ".join(expressions)}, count(*) FROM {table} AS t
        SEMI JOIN numbers ON t.rowid = numbers.rowid GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    connection.unregister("numbers")
    return Counter({tuple(values): count for *values, count in found})


def _row_numbers(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    receipts: Iterable[Receipt],
    ids: Collection[str] | None = None,
) -> pa.Table:
    names = list(dict.fromkeys(output_digest(receipt) for receipt in receipts))
    among = "" if ids is None else "AND row_id IN (SELECT unnest(?::VARCHAR[]))"
    query = f"""SELECT {table}.rowid FROM {table} JOIN (
            SELECT row_id, min(record_digest) AS record_digest FROM outputs
            WHERE tbl = ? AND receipt_digest IN (SELECT unnest(?::VARCHAR[])) {among}
            GROUP BY row_id
        ) AS named
        ON {table}.id = named.row_id AND {table}.record_digest = named.record_digest"""
    given: list[object] = [table, names] if ids is None else [table, names, list(ids)]
    return connection.execute(query, given).to_arrow_table()


def find_whole(connection: duckdb.DuckDBPyConnection) -> dict[str, Receipt]:
    """Return by key the receipts that can be relied on: not quarantined, all rows are there."""
    query = """SELECT receipt, row_counts, receipt_digest FROM receipts WHERE NOT quarantined"""
    present = _count_present(connection)
    whole: dict[str, Receipt] = {}
    for text, counts, name in connection.execute(query).fetchall():
        receipt = Receipt.model_validate_json(text)
        expected = orjson.loads(counts)
        if expected == present.get(name, {}) and _is_whole(receipt, expected):
            whole[receipt.key] = receipt
    return whole


def _is_whole(receipt: Receipt, counts: Mapping[str, int]) -> bool:
    return not receipt.quarantined and counts.get(receipt.table, 0) == receipt.rows


def _count_present(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for table in (row.table for row in ROWS):
        query = f"""SELECT receipt_digest, count(*) FROM outputs SEMI JOIN {table} AS rows
            ON row_id = rows.id AND outputs.record_digest = rows.record_digest
            WHERE tbl = ? GROUP BY receipt_digest"""
        for name, count in connection.execute(query, [table]).fetchall():
            counts.setdefault(name, {})[table] = count
    return counts
