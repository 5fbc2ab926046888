"""Rows as flat records: scalars as they are, everything else as canonical JSON text."""

import types
import typing
from collections.abc import Collection, Mapping
from functools import cache
from typing import Literal, TypeVar, Union, get_args, get_origin

import orjson

from schemas.base import Declared
from schemas.ids import digest

R = TypeVar("R", bound=Declared)
_SQL_TYPES = {str: "VARCHAR", bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE"}


@cache
def columns(kind: type[Declared]) -> dict[str, str]:
    """Return a record's columns and their DuckDB types, in the order of the fields."""
    return {
        name: _sql_type(field.annotation) or "JSON" for name, field in kind.model_fields.items()
    }


def to_record(row: Declared) -> dict[str, object]:
    """Return a row as one value per column; nested values are JSON text.

    It is what `model_dump` gives, at a fifth of the time where there is much JSON: records hold
    nothing but other records, texts, numbers and lists and dictionaries of them.
    """
    values = vars(row)
    return {
        name: _json_text(values[name]) if kind == "JSON" else values[name]
        for name, kind in columns(type(row)).items()
    }


def _json_text(value: object) -> str:
    return orjson.dumps(value, default=vars, option=orjson.OPT_SORT_KEYS).decode()


def from_record(kind: type[R], record: Mapping[str, object]) -> R:
    """Return the row of a record made by `to_record`; what it lacks stands at its default.

    Raises: pydantic.ValidationError.
    """
    names = [name for name in columns(kind) if name in record]
    row = kind.model_validate_json(orjson.dumps(_as_json(kind, record, names)))
    # of a pool's rows the sets of fields that were given take as much memory as the fields do
    object.__setattr__(row, "__pydantic_fields_set__", _all_fields(kind))
    return row


@cache
def _all_fields(kind: type[Declared]) -> set[str]:
    return set(columns(kind))


def content_digest(
    kind: type[Declared], record: Mapping[str, object], side_fields: Collection[str]
) -> str:
    """Return the digest of what is in a row, read off its record, but for its side fields.

    Where an execution ran is no part of what it came to.
    """
    content = _as_json(kind, record, [name for name in columns(kind) if name not in side_fields])
    executed = orjson.loads(typing.cast("str", record.get("execution") or "null"))
    if executed:
        del executed["isolation"]
        content["execution"] = executed
    return digest(content)


def _as_json(
    kind: type[Declared], record: Mapping[str, object], names: typing.Iterable[str]
) -> dict[str, object]:
    """Return fields of a record as one JSON value; what is JSON text already is not read."""
    types_of = columns(kind)
    return {
        name: orjson.Fragment(typing.cast("str", record[name]))
        if types_of[name] == "JSON"
        else record[name]
        for name in names
    }


def _sql_type(annotation: object) -> str | None:
    if annotation in _SQL_TYPES:
        return _SQL_TYPES[annotation]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return _SQL_TYPES.get(type(args[0]))
    if origin in (Union, types.UnionType):
        found = {_sql_type(arg) for arg in args if arg is not type(None)}
        return found.pop() if len(found) == 1 else None
    return None
