"""What people said of rows: kept beside the builds, under no receipt."""

from collections.abc import Sequence

import duckdb

from schemas.ids import ID_HEX, digest
from schemas.records import from_record, to_record
from schemas.rows import Review
from tasks.doors.store.tables import TABLES, add, to_arrow


def read(connection: duckdb.DuckDBPyConnection) -> list[Review]:
    """Return all reviews, by id."""
    found = connection.execute("SELECT * EXCLUDE record_digest FROM reviews ORDER BY id")
    return [from_record(Review, record) for record in found.to_arrow_table().to_pylist()]


def replace(connection: duckdb.DuckDBPyConnection, review_id: str, new: Sequence[Review]) -> None:
    """Put reviews in the place of the one with an id; the caller holds a transaction."""
    connection.execute("DELETE FROM reviews WHERE id = ?", [review_id])
    records = [to_record(review) for review in new]
    digested = [record | {"record_digest": digest(record)[:ID_HEX]} for record in records]
    add(connection, Review.table, to_arrow(TABLES[Review.table], digested))
