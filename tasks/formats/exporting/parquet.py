"""Parquet with nested columns, a file per split that has rows.

A split without rows has no file: `datasets` refuses to load an empty one, and all beside it.
"""

from tasks.formats.exporting.formats import Format
from tasks.formats.exporting.nested import TableSink, to_records

NAME = "parquet"


def name_file(format_name: str, version: str, split: str) -> str:
    """Return a split's file name, with the version in it: a rehearsal's files say so."""
    return f"{format_name}-{version}-{split}.parquet"


FORMAT = Format(NAME, to_records, thinks=True, open_sink=TableSink, name_file=name_file)
