"""Versions of earlier releases, whose files lack columns, can still be read."""

import duckdb
import pytest

from agentalign.lookup import find_row, trace_row
from schemas.errors import WorkspaceError
from schemas.rows import Example
from schemas.workspace import Workspace
from tasks.formats.versions import Version


def drop_columns(version: Version, *names: str) -> Version:
    """Write a version's rows again without some columns."""
    for file in version.files(Example.table):
        draft = file.with_suffix(".part")
        duckdb.sql(f"COPY (SELECT * EXCLUDE ({', '.join(names)}) FROM '{file}') TO '{draft}'"
                   " (FORMAT parquet)")  # fmt: skip
        draft.replace(file)
    return version


@pytest.mark.parametrize("kept", [False, True])
def test_what_came_later_stands_at_its_default(version: Version, kept: bool) -> None:
    """Rows are read and traced as ever; they say nothing of sources."""
    old = drop_columns(version, *Example.later_fields)
    read = old.kept() if kept else old
    rows = read.rows(Example, "id", ["example-benign", "example-harmful"])
    assert [(row.licence, row.source_id, row.tools_of) for row in rows] == [("", "", "")] * 2
    trace = trace_row(find_row(Workspace(old.folder.parents[1]), "example-benign"))
    assert trace.parents


def test_a_row_that_does_not_say_what_it_holds_is_not_read(version: Version) -> None:
    """It might be shown as if it held no harm."""
    old = drop_columns(version, "holds_harm")
    with pytest.raises(WorkspaceError, match="can't be read"):
        old.rows(Example)
