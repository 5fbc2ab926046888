"""Which builds there were, and which receipts each of them rests on."""

from collections.abc import Collection
from datetime import UTC, datetime

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]  # ships no types


def begin(connection: duckdb.DuckDBPyConnection, run: str) -> None:
    """Note a build and when it started; one that goes on keeps its start."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    connection.execute("INSERT INTO builds VALUES (?, ?) ON CONFLICT DO NOTHING", [run, now])


def add_uses(connection: duckdb.DuckDBPyConnection, noted: Collection[tuple[str, str]]) -> None:
    """Write down pairs of a build and the name of what a receipt stands for, each once."""
    runs, names = zip(*sorted(noted), strict=True)
    batch = pa.table({"run": pa.array(runs, pa.string()), "name": pa.array(names, pa.string())})
    connection.register("batch", batch)
    connection.execute(
        "INSERT INTO uses SELECT run, name FROM batch ANTI JOIN uses AS old"
        " ON batch.run = old.run AND batch.name = old.receipt_digest"
    )
    connection.unregister("batch")
