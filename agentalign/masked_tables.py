"""Copies of tables in which the text of harmful requests is masked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import duckdb
import orjson

from schemas.masking import mask
from tasks.formats.quoting import identifier, literal, literals

# A call's text may be a harmful request, or a model's answer to one: never told apart here.
# A reviewer's note may quote what it is about.
_LEFT_OUT = {
    "calls": ("text", "tool_calls", "reasoning", "detail"),
    "failures": ("detail", "text"),
    "reviews": ("note",),
}
_IN_TURNS = "situation IN ('turned', 'revealed')"


@dataclass(frozen=True, slots=True)
class _Masking:
    """Which rows of a table are harmful, and how the columns that quote harm are masked."""

    harmful: str
    shown: Mapping[str, Callable[[str], str]]


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
        return _Masking("holds_harm", {"messages": _mask_turns})
    if name == "responses":
        return _Masking(_IN_TURNS, {"messages": _mask_turns, "execution": lambda _: "null"})
    if name == "dropped":
        return _Masking("harmful", {"text": _mask_text, "later": _mask_text})
    if name == "instructions":
        trained = (
            f"SELECT instruction FROM {sources['examples']} WHERE 'harmful' IN (label, intent)"
        )
        harmful = f"(intent = 'harmful' OR id IN ({trained}))"
        return _Masking(harmful, {"text": _mask_text, "later": _mask_text})
    return None


def _copy_masked(
    connection: duckdb.DuckDBPyConnection, name: str, source: str, masking: _Masking
) -> None:
    """Copy with columns replaced in harmful rows; what finds no stand-in shows as NULL.

    Stand-ins are joined in by the text's hash, as JSON in the query: a Python function in
    DuckDB would cost the import of pandas.
    """
    joins, replaced = [], []
    for place, (column, show) in enumerate(masking.shown.items()):
        listed = literal(
            orjson.dumps(_stand_ins(connection, source, masking, column, show)).decode()
        )
        alias = f"s{place}"
        replaced.append(
            f"CASE WHEN {masking.harmful} THEN {alias}.shown ELSE t.{column} END AS {column}"
        )
        joins.append(
            f"""LEFT JOIN (SELECT unnest(
                from_json({listed}, '[{{"hash":"VARCHAR","shown":"VARCHAR"}}]'),
                recursive := true)) AS {alias} ON {alias}.hash = md5(t.{column})"""
        )
    connection.execute(
        f"""CREATE TABLE {identifier(name)} AS
        SELECT t.* REPLACE ({", ".join(replaced)}) FROM {source} AS t {" ".join(joins)}"""
    )


def _stand_ins(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    masking: _Masking,
    column: str,
    show: Callable[[str], str],
) -> list[dict[str, str]]:
    found = connection.execute(
        f"SELECT DISTINCT md5({column}), {column} FROM {source}"
        f" WHERE {masking.harmful} AND {column} IS NOT NULL"
    ).fetchall()
    return [{"hash": key, "shown": show(text)} for key, text in found]


def _mask_text(text: str) -> str:
    return mask(text, harmful=True) if text else ""


def _mask_turns(messages: str) -> str:
    turns = orjson.loads(messages)
    for turn in turns:
        if turn["role"] in ("user", "tool"):
            turn["content"] = mask(turn["content"] or "", harmful=True)
    return orjson.dumps(turns).decode()
