"""The DuckDB door: rows, receipts and model calls of a workspace."""

from tasks.doors.store.recorded import Recorded, join_recorded, record_rows, take_stored
from tasks.doors.store.store import Store

__all__ = ["Recorded", "Store", "join_recorded", "record_rows", "take_stored"]
