from pathlib import Path

import pytest

from schemas.errors import WorkspaceError
from schemas.rows import Example
from tasks.formats.version_folder import open_examples, open_folder, to_table
from tasks.formats.versions import Version
from tests.tasks.formats.exporting.samples import row, version

SPLITS = ("train", "validation", "test")


@pytest.fixture
def written(tmp_path: Path) -> Version:
    """Return a version of 300 rows, their ids spread over the splits."""
    rows = [row(id=f"example-{n:03}", split=SPLITS[n % 3], tools=()) for n in range(300)]
    open_folder(tmp_path / "v1")
    with open_examples(tmp_path / "v1") as write:
        write(to_table(Example, rows))
    return Version(tmp_path / "v1", version().manifest)


def test_rows_of_all_splits_come_by_id(written: Version) -> None:
    """They are the very rows that are read at once."""
    streamed = list(written.stream(Example))
    assert [each.id for each in streamed] == [f"example-{n:03}" for n in range(300)]
    assert streamed == written.rows(Example)


def test_a_damaged_file_is_told_of(written: Version) -> None:
    """With the folder and what to do, whether it is cut or no Parquet at all."""
    file = written.folder / "data" / "test.parquet"
    for content in (file.read_bytes()[:-20], b"no parquet"):
        file.write_bytes(content)
        with pytest.raises(WorkspaceError, match="table examples of"):
            list(written.stream(Example))
