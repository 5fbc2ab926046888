"""Rows of Parquet files that are sorted by id, one after the other over all of them."""

import heapq
from collections.abc import Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types

from schemas.records import columns, from_record
from schemas.rows import Row

R = TypeVar("R", bound=Row)

_PIECE = 100  # rows of a file that are held at a time


def stream_rows(kind: type[R], files: Sequence[Path]) -> Iterator[R]:
    """Yield the rows of files by id. Raises: OSError or ValueError if one is damaged."""
    return heapq.merge(*(_stream_file(kind, file) for file in files), key=attrgetter("id"))


def _stream_file(kind: type[R], file: Path) -> Iterator[R]:
    with pq.ParquetFile(file) as opened:
        for piece in opened.iter_batches(_PIECE, columns=[*columns(kind)], use_threads=False):
            for record in piece.to_pylist():
                yield from_record(kind, record)
