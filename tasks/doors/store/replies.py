"""Model calls: saved and looked up by key, thousands at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import duckdb
import orjson
import pyarrow as pa  # type: ignore[import-untyped]  # ships no types

from schemas.calls import CallInfo, Reply, Usage
from schemas.ids import canonical_json
from tasks.doors.store.tables import CALLS, columns_to_arrow, keys_table, read_numbered, replace

LINEAGE_COLUMNS = (
    "key", "stage", "role", "item", "endpoint", "model", "prompt_tokens", "completion_tokens",
    "cached_tokens", "latency_s", "attempts", "finish_reason", "fingerprint", "error",
    "tombstone", "text_digest",
)  # fmt: skip
_FEW = 100  # up to so many keys the index is faster than a join
_PLAIN = (
    "key", "endpoint", "model", "text", "finish_reason", "fingerprint", "reasoning",
    "latency_s", "attempts", "error", "detail", "tombstone", "text_digest",
)  # fmt: skip
_USAGE = tuple(Usage.model_fields)
_INFO = tuple(CallInfo.model_fields)


def save(connection: duckdb.DuckDBPyConnection, replies: Sequence[tuple[Reply, CallInfo]]) -> None:
    """Write calls; the caller holds a transaction. Of a tombstone only the side columns stay."""
    last = {reply.key: (reply, info) for reply, info in replies}
    replace(connection, "calls", _to_table(list(last.values())), lasting="run")


def load(connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> dict[str, Reply]:
    """Return the replies that are there, by key, marked as cached."""
    found = _load_few(connection, keys) if len(keys) <= _FEW else _load_many(connection, keys)
    return {reply.key: reply for reply in _from_table(found)}


def load_keys(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the keys of all calls."""
    keys: list[str] = connection.execute("SELECT key FROM calls").to_arrow_table()[0].to_pylist()
    return keys


def read_lineage(connection: duckdb.DuckDBPyConnection, keys: Iterable[str]) -> pa.Table:
    """Return calls without their text, ordered by key; keys that aren't there are left out."""
    connection.register("wanted", keys_table(keys))
    chosen = ", ".join(LINEAGE_COLUMNS)
    found = connection.execute(
        f"SELECT {chosen} FROM calls WHERE key IN (SELECT key FROM wanted) ORDER BY key"
    ).to_arrow_table()
    connection.unregister("wanted")
    return found


def _load_few(connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> pa.Table:
    marks = ", ".join("?" * len(keys))
    return connection.execute(
        f"SELECT * FROM calls WHERE key IN ({marks})", list(keys)
    ).to_arrow_table()


def _load_many(connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> pa.Table:
    connection.register("wanted", keys_table(keys))
    numbers = connection.execute("SELECT calls.rowid FROM calls SEMI JOIN wanted USING (key)")
    found = read_numbered(connection, "calls", numbers.to_arrow_table())
    connection.unregister("wanted")
    return found


def _to_table(replies: Sequence[tuple[Reply, CallInfo]]) -> pa.Table:
    """Return calls as a table: column by column, as records take twice the time."""
    shown = [_without_text(reply) if reply.tombstone is not None else reply for reply, _ in replies]
    columns = {name: [getattr(reply, name) for reply in shown] for name in _PLAIN}
    columns |= {name: [getattr(reply.usage, name) for reply in shown] for name in _USAGE}
    columns |= {name: [getattr(info, name) for _, info in replies] for name in _INFO}
    columns["tool_calls"] = [_calls_text(reply) for reply in shown]
    return columns_to_arrow(CALLS, columns)


def _without_text(reply: Reply) -> Reply:
    none = {"text": "", "reasoning": None, "tool_calls": (), "detail": ""}
    return reply.model_copy(update=none)


def _calls_text(reply: Reply) -> str:
    calls = [call.model_dump(mode="json") for call in reply.tool_calls]
    return canonical_json(calls).decode() if calls else "[]"


def _from_table(found: pa.Table) -> Iterator[Reply]:
    """Yield the replies of a table: column by column, as records take twice the time."""
    plain = zip(*(found[name].to_pylist() for name in _PLAIN), strict=True)
    usage = zip(*(found[name].to_pylist() for name in _USAGE), strict=True)
    for values, used, calls in zip(plain, usage, found["tool_calls"].to_pylist(), strict=True):
        told: dict[str, Any] = dict(zip(_PLAIN, values, strict=True))
        told["usage"] = dict(zip(_USAGE, used, strict=True))
        told["tool_calls"] = orjson.loads(calls) if calls != "[]" else ()
        told["cached"] = True
        yield Reply.model_validate(told)  # half the time of `model_construct`
