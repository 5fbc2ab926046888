"""Rows as flat records and back."""

import types
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from schemas.audits import BenchmarkFile
from schemas.base import Declared
from schemas.ids import canonical_json, digest
from schemas.incidents import FaultCode, Incident
from schemas.records import columns, from_record, to_record
from schemas.rows import ROWS, Chain, Execution, Intent, Outcome, Receipt, Review, Row

TEXT = st.text(max_size=6)
SCALARS: dict[object, st.SearchStrategy[Any]] = {
    str: TEXT,
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    type(None): st.none(),
}
JSON = st.recursive(
    st.one_of(*SCALARS.values()),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
HASH = st.text("0123456789abcdef", min_size=64, max_size=64)
INCIDENTS = st.builds(
    Incident, at=st.integers(0, 9), kind=st.just("fault"), code=st.sampled_from(get_args(FaultCode))
) | st.builds(Incident, at=st.integers(0, 9), kind=st.just("reveal"), text=st.text(min_size=1))
# the health check goes by the clock: on a busy machine it speaks of the machine
PER_KIND = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
# whose fields depend on one another, or have a form
SPECIAL: dict[object, st.SearchStrategy[Any]] = {
    Incident: INCIDENTS,
    Review: st.fixed_dictionaries(
        {
            **{name: TEXT for name in ("id", "slot", "subject", "category", "instruction")},
            **{name: TEXT for name in ("note", "reviewed_at")},
            "answer": st.text(min_size=1, max_size=6),
            "check": st.just("response"),
            "intent": st.sampled_from(get_args(Intent)),
            "verdict": st.sampled_from(("accept", "reject")),
            "outcome": st.sampled_from(get_args(Outcome)),
            "masked": st.booleans(),
        }
    ).map(Review.model_validate),
    BenchmarkFile: st.builds(BenchmarkFile, name=TEXT, texts=st.integers(0, 9), sha256=HASH),
}
KINDS: tuple[type[Declared], ...] = (*ROWS, Execution, Receipt)


def values_of(annotation: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - any annotation
    """Return a strategy for what a field of a record may hold."""
    if annotation == JsonValue:
        return JSON
    if annotation in SCALARS:
        return SCALARS[annotation]
    if annotation in SPECIAL:
        return SPECIAL[annotation]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, types.UnionType):
        return st.one_of(*(values_of(arg) for arg in args))
    if origin is tuple:
        return st.lists(values_of(args[0]), min_size=1, max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(values_of(args[0]), values_of(args[1]), max_size=2)
    return records_of(annotation)


@cache  # making a strategy takes longer than drawing from it
def records_of(kind: type[Declared]) -> st.SearchStrategy[Any]:
    """Return a strategy for records of a kind."""
    if kind in SPECIAL:
        return SPECIAL[kind]
    fields = {name: values_of(field.annotation) for name, field in kind.model_fields.items()}
    return st.fixed_dictionaries(fields).map(kind.model_validate)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@PER_KIND
@given(data=st.data())
def test_every_row_survives_its_record(kind: type[Declared], data: st.DataObject) -> None:
    """A row is equal after the way to a record and back; the record is its dump as scalars."""
    row = data.draw(records_of(kind))
    record = to_record(row)
    dumped = row.model_dump(mode="json")
    assert record == {
        name: canonical_json(dumped[name]).decode() if sql == "JSON" else dumped[name]
        for name, sql in columns(kind).items()
    }
    assert all(isinstance(value, str | int | float | None) for value in record.values())
    again = from_record(kind, record)
    assert again == row
    if isinstance(row, Row) and isinstance(again, Row):
        content = row.model_dump(mode="json", exclude=set(row.side_fields))
        if content.get("execution"):
            del content["execution"]["isolation"]
        assert again.content_digest() == row.content_digest() == digest(content)


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.__name__)
@PER_KIND
@given(data=st.data())
def test_a_content_digest_leaves_out_the_side_fields_only(
    kind: type[Row], data: st.DataObject
) -> None:
    """Two rows that differ have one digest exactly if they differ in side fields alone."""
    one, other = data.draw(records_of(kind)), data.draw(records_of(kind))
    name = data.draw(st.sampled_from(sorted(kind.model_fields)))
    changed = one.model_copy(update={name: getattr(other, name)})
    same = one.model_dump_json(include={name}) == changed.model_dump_json(include={name})
    equal = one.content_digest() == changed.content_digest()
    assert equal == (same or name in kind.side_fields)


def test_columns_have_sql_types() -> None:
    """Scalars, literals and optional scalars keep their type; everything else is JSON."""
    assert columns(Chain) == {
        "id": "VARCHAR",
        "slot": "VARCHAR",
        "category": "VARCHAR",
        "subcategory": "VARCHAR",
        "capabilities": "JSON",
        "explanation": "VARCHAR",
        "source": "VARCHAR",
        "calls": "JSON",
    }
    assert columns(Execution)["world_seed"] == "BIGINT"
    assert columns(Execution)["success"] == "BOOLEAN"
