"""Nested Parquet says all of a row, with the same columns whatever rows lack."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import orjson
import pandas
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types
import pytest
from hypothesis import HealthCheck, given, settings

from schemas.messages import Message
from tasks.formats.exporting import parquet
from tasks.formats.exporting.nested import GROUP, SCHEMA, ShardSink, list_shards
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.writing import export
from tests.tasks.formats.exporting.samples import (
    ASK,
    BOTH,
    CALLED,
    DONE,
    NOTE,
    SEEN,
    SENT,
    SYSTEM,
    TOOL,
    conversations,
    harmful,
    row,
    say,
    thinking,
    untrained,
    version,
)


def test_a_record_has_all_of_a_row() -> None:
    """Turns are in OpenAI's words, what they lack is null, tools and arguments are JSON text."""
    odd = untrained(thinking(CALLED))
    (record,) = say(parquet.FORMAT, row(SYSTEM, ASK, odd, SENT, DONE))
    assert [turn["role"] for turn in record["messages"]] == [
        "system", "user", "assistant", "tool", "assistant",
    ]  # fmt: skip
    assert record["messages"][2] == {
        "role": "assistant", "content": None, "reasoning": "Let me see.",
        "tool_calls": [{"id": "call_1", "type": "function", "function": {
            "name": "send_note", "arguments": '{"n":1,"to":"sam@example.com"}'}}],
        "tool_call_id": None, "name": None, "train": False,
    }  # fmt: skip
    assert [turn["train"] for turn in record["messages"]] == [False, False, False, False, True]
    assert orjson.loads(record["tools"]) == [TOOL]
    assert (record["label"], record["split"], record["source"]) == ("benign", "train", "own")
    assert (record["licence"], record["canary"]) == ("Apache-2.0", None)
    (borrowing,) = say(parquet.FORMAT, harmful(tools_of="import-1"))
    assert (record["tools_of"], borrowing["tools_of"]) == ("", "import-1")


def test_thoughts_are_kept_or_not() -> None:
    """Left out where they are not wanted; an empty one for each assistant turn where that is."""
    asked = row(ASK, thinking(CALLED), SENT, DONE)
    for choice, thoughts in (("keep", ["Let me see.", None]), ("strip", [None, None]),
                             ("empty", ["", ""])):  # fmt: skip
        (record,) = say(parquet.FORMAT, asked, reasoning=choice)
        said = [turn["reasoning"] for turn in record["messages"] if turn["role"] == "assistant"]
        assert said == thoughts


def test_files_have_the_same_columns(tmp_path: Path) -> None:
    """Whatever their rows lack: a split of refusals alone has calls of the same type, and null."""
    rows = [row(ASK, BOTH, SENT, SEEN, DONE), harmful(split="test"),
            row(split="validation", tools=(), pattern=(), messages=(ASK, DONE))]  # fmt: skip
    manifest = export(rows, version("v1", rehearsal=True), parquet.FORMAT, tmp_path)
    assert manifest.splits["test"] == "parquet-v1-test.parquet"
    schemas = [pq.read_schema(tmp_path / name) for name in manifest.splits.values()]
    assert len(schemas) == 3
    assert all(each.equals(SCHEMA) for each in schemas)


def test_pandas_and_duckdb_read_it(tmp_path: Path) -> None:
    """Nested values are lists and records to both."""
    export([row(), harmful()], version(), parquet.FORMAT, tmp_path)
    file = str(tmp_path / "parquet-v1-train.parquet")
    frame = pandas.read_parquet(file)
    assert [turn["role"] for turn in frame["messages"][1]] == ["user", "assistant"]
    query = (
        f"SELECT messages[2].tool_calls[1]['function'].name FROM '{file}' WHERE label = 'benign'"
    )
    assert duckdb.sql(query).fetchall() == [(NOTE.name,)]


def test_datasets_reads_every_split_alike(tmp_path: Path) -> None:
    """Features are equal, though one split has refusals alone."""
    export([row(), harmful(split="test")], version(), parquet.FORMAT, tmp_path)
    code = (
        "from datasets import load_dataset\n"
        "files = {s: f'parquet-v1-{s}.parquet' for s in ('train', 'test')}\n"
        "rows = load_dataset('parquet', data_files=files)\n"
        "assert rows['train'].features == rows['test'].features\n"
        "print(rows['test'][0]['messages'][1]['content'])"
    )
    own = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=os.environ | own,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "I can't help with that.\n"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(conversations())
def test_what_goes_in_comes_out(tmp_path: Path, messages: tuple[Message, ...]) -> None:
    """Every turn is read back as it was: text, thought, calls, and whether it is trained."""
    asked = row(*messages)
    if not any(turn.role == "assistant" and turn.train for turn in messages):
        return
    export([asked], version(), parquet.FORMAT, tmp_path, ExportOptions())
    (record,) = pq.read_table(tmp_path / "parquet-v1-train.parquet").to_pylist()
    for turn, said in zip(messages, record["messages"], strict=True):
        assert (said["role"], said["content"], said["reasoning"]) == (
            turn.role, turn.content, turn.reasoning,
        )  # fmt: skip
        calls = [(c["id"], c["function"]["name"], orjson.loads(c["function"]["arguments"]))
                 for c in said["tool_calls"] or ()]  # fmt: skip
        assert calls == [(call.id, call.name, call.arguments) for call in turn.tool_calls]
        assert said["train"] is (turn.role == "assistant" and turn.train)


@pytest.mark.parametrize(("rows", "shards"), [(1, 1), (GROUP, 1), (GROUP + 1, 2), (3 * GROUP, 3)])
def test_shards_are_of_bounded_size(tmp_path: Path, rows: int, shards: int) -> None:
    """A full shard is followed by another; names say how many there are, and no draft is left."""
    sink = ShardSink(tmp_path / "train.parquet", most_bytes=1)
    for _ in range(rows):
        sink.write(say(parquet.FORMAT, row()))
    sink.close()
    found = list_shards(tmp_path / "train.parquet", rows)
    assert [file.name for file in found] == [
        f"train-{number:05}-of-{shards:05}.parquet" for number in range(shards)
    ]
    assert sum(found.values()) == rows
    assert len(list(tmp_path.iterdir())) == shards
