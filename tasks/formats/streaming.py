"""Rows of Parquet files that are sorted by id, one after the other over all of them."""

import heapq
from collections.abc import Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types

from schemas.records import from_record
from schemas.rows import Row

R = TypeVar("R", bound=Row)

_PIECE = 100  # rows of a file that are held at a time


def stream_rows(kind: type[R], files: Sequence[Path], names: Sequence[str]) -> Iterator[R]:
    """Yield the rows of files by id, of the columns that these have.

    Raises:
        OSError or ValueError: a file is damaged.
    """
    return heapq.merge(*(_stream_file(kind, file, names) for file in files), key=attrgetter("id"))


def _stream_file(kind: type[R], file: Path, names: Sequence[str]) -> Iterator[R]:
    with pq.ParquetFile(file) as opened:
        for piece in opened.iter_batches(_PIECE, columns=[*names], use_threads=False):
            for record in piece.to_pylist():
                yield from_record(kind, record)
