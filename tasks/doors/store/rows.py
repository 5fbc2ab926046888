"""Rows and receipts: one transaction in, and out only through the receipts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import orjson
import pyarrow as pa  # type: ignore[import-untyped]  # ships no types

from schemas.ids import ID_HEX, canonical_json, digest
from schemas.records import R, from_record, to_record
from schemas.rows import ROWS, Receipt, Row
from tasks.doors.store.tables import (
    OUTPUTS,
    RECEIPTS,
    TABLES,
    add,
    read_numbered,
    replace,
    to_arrow,
)

Records = dict[str, dict[str, object]]  # by id


def write(
    connection: duckdb.DuckDBPyConnection,
    receipt: Receipt,
    rows: Iterable[Row],
    calls: Sequence[str] = (),
) -> bool:
    """Write rows, the outputs of the receipt and the receipt; the caller holds a transaction.

    Returns:
        Whether the receipt can be relied on, as `find_whole` means it.
    """
    tables = _records_by_table(rows)
    for table, records in tables.items():
        add(connection, table, to_arrow(TABLES[table], list(records.values())))
    _replace_outputs(connection, output_digest(receipt), tables, calls)
    counts = {table: len(records) for table, records in tables.items()}
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


def _records_by_table(rows: Iterable[Row]) -> dict[str, Records]:
    tables: dict[str, Records] = {}
    for row in rows:
        record = to_record(row)
        record["record_digest"] = digest(record)[:ID_HEX]
        tables.setdefault(row.table, {})[row.id] = record
    return tables


def _replace_outputs(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    tables: Mapping[str, Records],
    calls: Sequence[str],
) -> None:
    connection.execute("DELETE FROM outputs WHERE receipt_digest = ?", [name])
    outputs = [
        {
            "receipt_digest": name,
            "tbl": table,
            "row_id": row_id,
            "record_digest": record["record_digest"],
        }
        for table, records in tables.items()
        for row_id, record in records.items()
    ]
    outputs += [
        {"receipt_digest": name, "tbl": "calls", "row_id": key, "record_digest": ""}
        for key in calls
    ]
    connection.register("batch", to_arrow(OUTPUTS, outputs))
    connection.execute("INSERT INTO outputs SELECT * FROM batch")
    connection.unregister("batch")


def read(
    connection: duckdb.DuckDBPyConnection, kind: type[R], table: str, receipts: Iterable[Receipt]
) -> list[R]:
    """Return the rows of a table that the receipts stand for, each once, ordered by id."""
    names = list(dict.fromkeys(output_digest(receipt) for receipt in receipts))
    found = read_numbered(connection, table, _row_numbers(connection, table, names))
    found = found.sort_by("id").drop_columns("record_digest")
    return [
        from_record(kind, record)
        for batch in found.to_batches(max_chunksize=1000)
        for record in batch.to_pylist()
    ]


def tally(
    connection: duckdb.DuckDBPyConnection,
    kind: type[Row],
    receipts: Iterable[Receipt],
    expressions: Sequence[str],
) -> Counter[tuple[Any, ...]]:
    """Return how many of the rows that receipts stand for have the same values.

    `expressions` are SQL over the table's columns, written by ourselves.
    """
    names = list(dict.fromkeys(output_digest(receipt) for receipt in receipts))
    connection.register("numbers", _row_numbers(connection, kind.table, names))
    found = connection.execute(
        f"""SELECT {", ".join(expressions)}, count(*) FROM {kind.table} AS t
        SEMI JOIN numbers ON t.rowid = numbers.rowid GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    connection.unregister("numbers")
    return Counter({tuple(values): count for *values, count in found})


def _row_numbers(
    connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str]
) -> pa.Table:
    query = f"""SELECT {table}.rowid FROM {table} JOIN (
            SELECT row_id, min(record_digest) AS record_digest FROM outputs
            WHERE tbl = ? AND receipt_digest IN (SELECT unnest(?::VARCHAR[])) GROUP BY row_id
        ) AS named
        ON {table}.id = named.row_id AND {table}.record_digest = named.record_digest"""
    return connection.execute(query, [table, names]).to_arrow_table()


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
