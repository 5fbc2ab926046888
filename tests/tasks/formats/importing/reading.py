"""Reads rows as a file of them is read, without the file."""

from collections.abc import Iterable

from tasks.formats.importing.formats import Reading, Row
from tasks.formats.importing.records import Record
from tasks.formats.importing.rows import ForeignRow, RejectedRow


def read_all(rows: Iterable[object], format_name: str) -> list[Row]:
    """Return what comes of rows that stand in a file of their own."""
    records = (Record(row, f"row {number}") for number, row in enumerate(rows, start=1))
    reading = Reading(format_name, format_name, "")
    return list(reading.rows(records, "rows.json", "rows.json", many=False))


def read_sound(row: object, format_name: str) -> ForeignRow:
    """Return a row that has to be sound."""
    (found,) = read_all([row], format_name)
    assert isinstance(found, ForeignRow), found
    return found


def read_rejected(row: object, format_name: str) -> RejectedRow:
    """Return a row that has to be rejected."""
    (found,) = read_all([row], format_name)
    assert isinstance(found, RejectedRow), found
    return found
