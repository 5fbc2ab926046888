"""The suites are well-formed and fit their tables."""

from importlib import resources

import duckdb
import pytest
from pydantic import ValidationError

from expectations import Suite, load_suite
from schemas.errors import DataFileError
from schemas.records import columns
from schemas.rows import ROWS

KINDS = {kind.table: kind for kind in ROWS}


def test_every_table_has_a_suite_and_no_suite_is_left_over() -> None:
    """There is one file per row kind, named as the suite in it; dataset and card have one."""
    files = {f.name for f in resources.files("expectations").iterdir() if f.name.endswith(".json")}
    assert files == {f"{table}.json" for table in (*KINDS, "dataset", "card")}
    assert {load_suite(table).name for table in KINDS} == set(KINDS)


@pytest.mark.parametrize("table", sorted(KINDS))
def test_expectations_fit_the_columns(table: str) -> None:
    """Columns exist, queries run, and each expectation is there once."""
    fields = columns(KINDS[table])
    connection = duckdb.connect(":memory:")
    declared = ", ".join(f'"{name}" {sql}' for name, sql in fields.items())
    connection.execute(f"CREATE TABLE frame ({declared})")
    derived = "".join(f", {sql} AS {name}" for name, sql in load_suite(table).derived.items())
    connection.execute(f"CREATE TABLE rows AS SELECT *{derived} FROM frame")
    seen = set()
    for expectation in load_suite(table).expectations:
        if expectation.is_query:
            assert set(expectation.kwargs) == {"name", "sql"}
            found = connection.execute(str(expectation.kwargs["sql"]))
            assert [column[0] for column in found.description or ()] == ["id"]
            seen.add(expectation.kwargs["name"])
        else:
            assert expectation.kwargs["column"] in fields
            seen.add(f"{expectation.type} {expectation.kwargs['column']}")
    assert len(seen) == len(load_suite(table).expectations)


def test_an_unknown_suite_is_named() -> None:
    """Asking for a suite that isn't there says which file is missing."""
    with pytest.raises(DataFileError, match=r"expectations/nothing\.json"):
        load_suite("nothing")


@pytest.mark.parametrize(
    "change",
    [{"severity": "info"}, {"type": "expect Something"}, {"meta": {}}, {"more": 1}],
)
def test_a_suite_of_another_form_is_refused(change: dict[str, object]) -> None:
    """Each expectation has a known type, a severity and a reason, and nothing else."""
    sound = {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "id"},
        "severity": "critical",
        "meta": {"why": "because it is so"},
    }
    Suite.model_validate({"name": "x", "expectations": [sound]})
    with pytest.raises(ValidationError):
        Suite.model_validate({"name": "x", "expectations": [sound | change]})
