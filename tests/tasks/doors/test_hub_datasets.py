"""The door to datasets on the hub, with the real library and no network."""

import json
import sys
from pathlib import Path

import pytest

from schemas.errors import BadInputError
from tasks.doors.hub_datasets import stream_records
from tests.data.reading import load_rows


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the library from the network, and its caches from the user's."""
    import datasets  # type: ignore[import-untyped]  # ships no types

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def test_records_come_as_they_are_in_the_files(tmp_path: Path) -> None:
    """Split by split; no object is filled up with the keys of others."""
    rows = load_rows("agentdojo_workspace")[:4]
    folder = tmp_path / "set"
    folder.mkdir()
    for split, part in (("test", rows[3:]), ("train", rows[:3])):
        lines = "".join(json.dumps(row) + "\n" for row in part)
        (folder / f"{split}.jsonl").write_text(lines)
    found = list(stream_records(str(folder)))
    assert [row["id"] for row in found] == [row["id"] for row in rows]
    assert [row["tools"] for row in found] == [row["tools"] for row in rows]
    assert [row["messages"] for row in found] == [row["messages"] for row in rows]


def test_a_dataset_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    """One that is out of reach, and one that holds something else."""
    with pytest.raises(BadInputError, match="dataset owner/none@v1 can't be read"):
        list(stream_records("owner/none", "v1"))
    (tmp_path / "train.jsonl").write_text('{"a": 1}\n{"a": ')
    with pytest.raises(BadInputError, match="can't be read"):
        list(stream_records(str(tmp_path)))


def test_a_library_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With how to install it."""
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(BadInputError, match=r"pip install 'agentalign\[hub\]'"):
        list(stream_records("owner/name"))
