"""Datasets on the hub: named by their id, fetched once, read like files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import BadInputError
from tasks.formats.importing import hub
from tasks.formats.importing.formats import read_rows
from tasks.formats.importing.rows import ForeignRow
from tests.data.reading import load_foreign

ROWS = load_foreign("toolace.jsonl")[:3]


class Hub:
    """Stands for the door: gives the rows of one dataset, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []

    def __call__(self, name: str, revision: str | None = None) -> Iterator[dict[str, Any]]:
        """Yield the rows."""
        self.asked.append((name, revision))
        if name == "owner/gone":
            raise BadInputError("dataset owner/gone can't be read")
        yield from ROWS
        if name == "owner/odd":
            yield {"id": 2**70}


def test_rows_are_read_as_those_of_a_file(tmp_path: Path) -> None:
    """All but their place is the same."""
    asked = Hub()
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    there = list(
        hub.read_hub("hf:Team-ACE/ToolACE@v1", "toolace", licence="Apache-2.0", stream=asked)
    )
    here = list(read_rows(tmp_path / "rows.jsonl", "toolace", licence="Apache-2.0"))
    assert [row.place for row in there] == [f"ToolACE, row {number}" for number in (1, 2, 3)]
    for one, other in zip(there, here, strict=True):
        assert isinstance(one, ForeignRow) == isinstance(other, ForeignRow)
        if isinstance(one, ForeignRow) and isinstance(other, ForeignRow):
            assert (one.messages, one.tools) == (other.messages, other.tools)
    assert asked.asked == [("Team-ACE/ToolACE", "v1")]


def test_a_dataset_is_fetched_once(tmp_path: Path) -> None:
    """Into a folder that rows are read from; another revision is another folder."""
    asked = Hub()
    folder = hub.fetch_dataset("owner/name", tmp_path, stream=asked)
    assert hub.fetch_dataset("hf:owner/name", tmp_path, stream=asked) == folder
    assert len(list(read_rows(folder, "toolace"))) == len(ROWS)
    assert hub.fetch_dataset("owner/name@v2", tmp_path, stream=asked) != folder
    assert asked.asked == [("owner/name", None), ("owner/name", "v2")]


def test_nothing_is_left_of_a_dataset_that_can_not_be_read(tmp_path: Path) -> None:
    """So that the next try begins anew."""
    with pytest.raises(BadInputError, match="owner/gone"):
        hub.fetch_dataset("owner/gone", tmp_path, stream=Hub())
    assert list(tmp_path.iterdir()) == []


def test_a_row_that_no_file_can_hold_is_told_of(tmp_path: Path) -> None:
    """With its number; nothing is left."""
    with pytest.raises(BadInputError, match="owner/odd, row 4 can't be kept as JSON"):
        hub.fetch_dataset("owner/odd", tmp_path, stream=Hub())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["hf:", "hf:name", "hf:a/b/c", "hf:a/b@", "hf:../b", "a b/c", "hf:a/.."]
)
def test_a_name_that_is_no_id_is_refused(name: str) -> None:
    """Before anything is asked for."""
    with pytest.raises(BadInputError, match="hf:owner/name"):
        list(hub.read_hub(name, "openai"))
