"""The DuckDB door: rows, receipts and model calls of a workspace."""

from tasks.doors.store.store import Store

__all__ = ["Store"]
