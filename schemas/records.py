"""Rows as flat records: scalars as they are, everything else as canonical JSON text."""

import types
import typing
from functools import cache
from typing import Literal, TypeVar, Union, get_args, get_origin

import orjson

from schemas.base import Declared
from schemas.ids import canonical_json

R = TypeVar("R", bound=Declared)
_SQL_TYPES = {str: "VARCHAR", bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE"}


@cache
def columns(kind: type[Declared]) -> dict[str, str]:
    """Return a record's columns and their DuckDB types, in the order of the fields."""
    return {
        name: _sql_type(field.annotation) or "JSON" for name, field in kind.model_fields.items()
    }


def to_record(row: Declared) -> dict[str, object]:
    """Return a row as one value per column; nested values are JSON text."""
    values = row.model_dump(mode="json")
    return {
        name: canonical_json(values[name]).decode() if kind == "JSON" else values[name]
        for name, kind in columns(type(row)).items()
    }


def from_record(kind: type[R], record: typing.Mapping[str, object]) -> R:
    """Return the row of a record made by `to_record`. Raises: pydantic.ValidationError."""
    values = {
        name: orjson.loads(typing.cast("str", record[name])) if sql == "JSON" else record[name]
        for name, sql in columns(kind).items()
    }
    return kind.model_validate_json(orjson.dumps(values))


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
