"""The folder for the hub and plain Parquet, read by `datasets`, pandas and DuckDB."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pandas as pd
import pytest

from schemas.rows import Example
from tasks.formats.exporting.manifest import ExportManifest
from tasks.formats.exporting.registry import find_format
from tasks.formats.exporting.writing import export
from tasks.formats.versions import Version
from tests.consumers.exporting import deal_out
from tests.consumers.rows import UNTRAINED
from tests.consumers.spoken import Spoken, expected

pytestmark = pytest.mark.formats


@pytest.fixture(scope="module")
def split_rows(all_rows: tuple[Example, ...]) -> dict[str, Example]:
    """All rows by id, dealt out to the splits."""
    wanted = (row for row in all_rows if row.id != UNTRAINED[-1].id)  # which trains nothing
    return {row.id: row for row in deal_out(wanted)}


def _export(
    format_name: str, rows: Mapping[str, Example], version: Version, out: Path
) -> ExportManifest:
    return export(rows.values(), version, find_format(format_name), out)


def _said(messages: Iterable[Mapping[str, Any]]) -> list[Spoken]:
    """Return the trained turns of a record."""
    return [
        Spoken(
            (turn["content"] or "").strip(),
            tuple(
                (call["function"]["name"], orjson.loads(call["function"]["arguments"]))
                for call in (turn["tool_calls"] if turn["tool_calls"] is not None else ())
            ),
            (turn["reasoning"] or "").strip(),
        )
        for turn in messages
        if turn["train"]
    ]


def _records(frame: pd.DataFrame) -> Iterator[Mapping[str, Any]]:
    for record in frame.to_dict("records"):
        yield {str(name): value for name, value in record.items()}


def _check(records: Iterable[Mapping[str, Any]], rows: Mapping[str, Example]) -> None:
    seen = []
    for record in records:
        row = rows[record["id"]]
        assert _said(record["messages"]) == expected(row), row.id
        roles = [turn["role"] for turn in record["messages"]]
        assert roles == [message.role for message in row.messages], row.id
        assert orjson.loads(record["tools"]) == [*row.tools], row.id
        seen.append(row.id)
    assert sorted(seen) == sorted(rows)


def test_datasets_loads_the_folder_for_the_hub(
    split_rows: dict[str, Example], version: Version, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Every row is in its split, with the messages, calls and tools it had."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset  # type: ignore[import-untyped]  # ships no types

    manifest = _export("hub", split_rows, version, tmp_path / "out")
    loaded = load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    counts = Counter(row.split for row in split_rows.values())
    assert {name: len(split) for name, split in loaded.items()} == dict(counts)
    assert manifest.rows_out == len(split_rows)
    _check((record for split in loaded.values() for record in split), split_rows)


def test_pandas_reads_the_parquet_files(
    split_rows: dict[str, Example], version: Version, tmp_path: Path
) -> None:
    """A file per split, all rows in them."""
    manifest = _export("parquet", split_rows, version, tmp_path / "out")
    frames = [pd.read_parquet(tmp_path / "out" / file.name) for file in manifest.files]
    _check((record for frame in frames for record in _records(frame)), split_rows)


def test_duckdb_asks_the_parquet_files(
    split_rows: dict[str, Example], version: Version, tmp_path: Path
) -> None:
    """Nested columns are asked in plain SQL: calls by row, counted, are those of the rows."""
    _export("parquet", split_rows, version, tmp_path / "out")
    query = f"""
        SELECT id, split, sum(coalesce(len(turn.tool_calls), 0))::INT
        FROM (SELECT id, split, unnest(messages) AS turn FROM '{tmp_path / "out"}/*.parquet')
        GROUP BY id, split"""
    found = {(row_id, split, calls) for row_id, split, calls in duckdb.sql(query).fetchall()}
    assert found == {
        (row.id, row.split, sum(len(message.tool_calls) for message in row.messages))
        for row in split_rows.values()
    }


def test_a_turn_that_lost_its_flag_is_noticed(
    split_rows: dict[str, Example], version: Version, tmp_path: Path
) -> None:
    """The comparison fails where an untrained turn is marked as trained."""
    manifest = _export("parquet", split_rows, version, tmp_path / "out")
    frame = pd.read_parquet(tmp_path / "out" / manifest.files[0].name)
    records = list(_records(frame))
    for record in records:
        for turn in record["messages"]:
            turn["train"] = True
    with pytest.raises(AssertionError):
        _check(records, split_rows)
