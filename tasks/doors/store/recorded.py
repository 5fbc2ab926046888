"""Rows as records in arrow: made once, for the gate, the receipt and the store."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa  # type: ignore[import-untyped]  # ships no types

from schemas.ids import ID_HEX, digest
from schemas.records import content_digest, to_record
from schemas.rows import Row
from tasks.doors.store.tables import TABLES, to_arrow

PIECE = 500  # rows that are Python objects at a time: in arrow they take a fifth of the memory


@dataclass(frozen=True, slots=True)
class Recorded:
    """Rows of one kind, with a `record_digest` each, and the digests of their content, in order.

    Of rows that are in the store already (`stored`) the records are `id` and `record_digest`
    alone: they have passed a gate, and are not written again.
    """

    kind: type[Row]
    records: pa.Table
    contents: tuple[str, ...]
    stored: bool = False


def record_rows(rows: Iterable[Row]) -> list[Recorded]:
    """Return rows by kind, each kind's in their order. Blocking: meant for a thread."""
    by_kind: dict[type[Row], list[Row]] = {}
    for row in rows:
        by_kind.setdefault(type(row), []).append(row)
    pieces = (_record(k, piece) for k, members in by_kind.items() for piece in _pieces(members))
    return join_recorded(pieces)


def take_stored(kind: type[Row], records: pa.Table) -> Recorded:
    """Return records that were read from the store as what they are. Blocking, like the others."""
    contents = tuple(
        content_digest(kind, record, kind.side_fields)
        for batch in records.to_batches(max_chunksize=PIECE)
        for record in batch.to_pylist()
    )
    return Recorded(kind, records.select(["id", "record_digest"]), contents, stored=True)


def join_recorded(pieces: Iterable[Recorded]) -> list[Recorded]:
    """Return pieces joined by kind, in their order."""
    found: dict[tuple[type[Row], bool], list[Recorded]] = {}
    for piece in pieces:
        found.setdefault((piece.kind, piece.stored), []).append(piece)
    return [_joined(same) for same in found.values()]


def _joined(same: Sequence[Recorded]) -> Recorded:
    first = same[0]
    contents = tuple(digest for piece in same for digest in piece.contents)
    records = pa.concat_tables([piece.records for piece in same])
    return Recorded(first.kind, records, contents, first.stored)


def _pieces(rows: Sequence[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while piece := list(islice(left, PIECE)):
        yield piece


def _record(kind: type[Row], rows: Iterable[Row]) -> Recorded:
    records = [to_record(row) for row in rows]
    contents = tuple(content_digest(kind, record, kind.side_fields) for record in records)
    for record in records:
        record["record_digest"] = digest(record)[:ID_HEX]
    return Recorded(kind, to_arrow(TABLES[kind.table], records), contents)
