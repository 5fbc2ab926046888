"""Rows as Parquet columns: what DuckDB, pandas and `datasets` read without decoding anything.

Messages are a list of records in OpenAI's words, with `reasoning` and `train` beside them. Tools
and the arguments of calls are JSON text: they have other keys in every row, which Arrow has no one
type for. Every file has the same columns of the same types, whatever its rows lack.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types

from schemas.base import JsonObject
from schemas.ids import canonical_json
from schemas.messages import Message
from schemas.rows import Example
from schemas.third_party import OWN
from tasks.card.licences import OWN_LICENCE
from tasks.formats.exporting.options import ExportOptions, Reasoning
from tasks.formats.exporting.turns import write_call

GROUP = 500  # rows that are held, and of a group in a file
MOST_BYTES = 200 * 2**20  # of a shard, give or take a group
_TEXTS = ("id", "label", "intent", "kind", "situation", "category", "subcategory", "pair", "chain",
          "split", "grounding", "style", "tools_of")  # fmt: skip
_FLAGS = ("recovered", "parallel", "holds_harm")
_CALL = pa.struct({
    "id": pa.string(), "type": pa.string(),
    "function": pa.struct({"name": pa.string(), "arguments": pa.string()}),
})  # fmt: skip
_MESSAGE = pa.struct({
    "role": pa.string(), "content": pa.string(), "reasoning": pa.string(),
    "tool_calls": pa.list_(_CALL), "tool_call_id": pa.string(), "name": pa.string(),
    "train": pa.bool_(),
})  # fmt: skip
SCHEMA = pa.schema({
    **dict.fromkeys(_TEXTS, pa.string()), **dict.fromkeys(_FLAGS, pa.bool_()),
    "pattern": pa.list_(pa.string()), "messages": pa.list_(_MESSAGE), "tools": pa.string(),
    "source": pa.string(), "licence": pa.string(), "canary": pa.string(),
})  # fmt: skip


def to_records(row: Example, options: ExportOptions) -> Sequence[JsonObject]:
    """Return a row's one record: all rows have a place."""
    licence = OWN_LICENCE if row.source == OWN else row.licence
    return [
        {
            **{name: getattr(row, name) for name in (*_TEXTS, *_FLAGS, "canary", "source")},
            "pattern": [*row.pattern],
            "messages": [_write_turn(turn, options.reasoning) for turn in row.messages],
            "tools": canonical_json(row.tools).decode(),
            "licence": licence,
        }
    ]


def _write_turn(turn: Message, reasoning: Reasoning) -> JsonObject:
    thought = turn.reasoning if reasoning == "keep" else None
    if reasoning == "empty" and turn.role == "assistant":
        thought = ""
    return {
        "role": turn.role,
        "content": turn.content,
        "reasoning": thought,
        "tool_calls": [write_call(call) for call in turn.tool_calls] or None,
        "tool_call_id": turn.tool_call_id,
        "name": turn.name,
        "train": turn.role == "assistant" and turn.train,
    }


class TableSink:
    """One Parquet file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._writer = pq.ParquetWriter(file, SCHEMA, compression="zstd")
        self._held: list[JsonObject] = []

    def write(self, records: Sequence[JsonObject]) -> None:
        """Add the records of one row."""
        self._held += records
        if len(self._held) >= GROUP:
            self.flush()

    def flush(self) -> None:
        """Write what is held as a group."""
        if self._held:
            self._writer.write_table(pa.Table.from_pylist(self._held, SCHEMA))
            self._held = []

    def close(self) -> None:
        """Finish the file."""
        self.flush()
        self._writer.close()


class ShardSink:
    """Parquet files of bounded size, `<stem>-00000-of-0000N.parquet` once their number is known."""

    def __init__(self, file: Path, most_bytes: int = MOST_BYTES) -> None:
        self._file, self._most_bytes = file, most_bytes
        self._drafts: list[Path] = []
        self._records = 0  # in the open shard
        self._shard = self._open()

    def write(self, records: Sequence[JsonObject]) -> None:
        """Add the records of one row."""
        if self._records and self._records % GROUP == 0 and self._is_full():
            self._shard.close()
            self._shard, self._records = self._open(), 0
        self._shard.write(records)
        self._records += len(records)

    def close(self) -> None:
        """Finish the last shard, and name all of them."""
        self._shard.close()
        for number, draft in enumerate(self._drafts):
            name = f"{self._file.stem}-{number:05}-of-{len(self._drafts):05}.parquet"
            draft.replace(self._file.with_name(name))

    def _open(self) -> TableSink:
        draft = self._file.with_name(f"{self._file.stem}-{len(self._drafts):05}.part")
        self._drafts.append(draft)
        return TableSink(draft)

    def _is_full(self) -> bool:
        return self._shard.file.stat().st_size >= self._most_bytes


def list_shards(file: Path, _records: int) -> Mapping[Path, int]:
    """Return the shards of a split's file, with the rows of each."""
    shards = sorted(file.parent.glob(f"{file.stem}-*-of-*.parquet"))
    return {shard: pq.read_metadata(shard).num_rows for shard in shards}
