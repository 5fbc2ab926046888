"""Copies of tables in which the text of harmful requests is masked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import duckdb
import orjson

from agentalign.quoting import identifier, literal, literals
from schemas.masking import mask

_HARMFUL_EXAMPLE = "'harmful' IN (label, intent)"
# A call's text may be a harmful request, or a model's answer to one: never told apart here.
_LEFT_OUT = {"calls": ("text", "tool_calls", "reasoning", "detail"), "failures": ("detail", "text")}


@dataclass(frozen=True, slots=True)
class _Masking:
    """Which rows of a table are harmful, and how the column that quotes the request is masked."""

    column: str
    harmful: str
    show: Callable[[str], str]


def copy_table(
    connection: duckdb.DuckDBPyConnection, name: str, sources: Mapping[str, str], *, reveal: bool
) -> None:
    """Copy a table into the connection's own database, masked unless `reveal`.

    Args:
        connection: an in-memory database.
        name: the table.
        sources: where each table is read from, as SQL.
        reveal: whether to copy it as it is.
    """
    masking = None if reveal else _masking(name, sources)
    if masking is not None:
        _copy_masked(connection, name, sources[name], masking)
        return
    left_out = literals(() if reveal else _LEFT_OUT.get(name, ()))
    columns = f"COLUMNS(c -> c NOT IN ({left_out}))" if left_out else "*"
    target = identifier(name)
    connection.execute(f"CREATE TABLE {target} AS SELECT {columns} FROM {sources[name]}")


def _masking(name: str, sources: Mapping[str, str]) -> _Masking | None:
    if name == "examples":
        return _Masking("messages", _HARMFUL_EXAMPLE, _mask_turns)
    if name == "instructions":
        trained = f"SELECT instruction FROM {sources['examples']} WHERE {_HARMFUL_EXAMPLE}"
        harmful = f"intent = 'harmful' OR id IN ({trained})"
        return _Masking("text", harmful, lambda text: mask(text, harmful=True))
    return None


def _copy_masked(
    connection: duckdb.DuckDBPyConnection, name: str, source: str, masking: _Masking
) -> None:
    """Copy with a column replaced in harmful rows; what finds no stand-in shows as NULL.

    Stand-ins are joined in by the text's hash, as JSON in the query: a Python function in
    DuckDB would cost the import of pandas.
    """
    column, harmful = masking.column, masking.harmful
    found = connection.execute(
        f"SELECT DISTINCT md5({column}), {column} FROM {source} WHERE {harmful}"
    ).fetchall()
    stand_ins = [{"hash": key, "shown": masking.show(text)} for key, text in found]
    listed = literal(orjson.dumps(stand_ins).decode())
    shown = f"CASE WHEN {harmful} THEN s.shown ELSE t.{column} END"
    connection.execute(
        f"""CREATE TABLE {identifier(name)} AS
        SELECT t.* REPLACE ({shown} AS {column}) FROM {source} AS t
        LEFT JOIN (SELECT unnest(from_json({listed}, '[{{"hash":"VARCHAR","shown":"VARCHAR"}}]'),
            recursive := true)) AS s ON s.hash = md5(t.{column})"""
    )


def _mask_turns(messages: str) -> str:
    turns = orjson.loads(messages)
    for turn in turns:
        if turn["role"] == "user":
            turn["content"] = mask(turn["content"] or "", harmful=True)
    return orjson.dumps(turns).decode()
