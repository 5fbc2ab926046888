"""The gate: a table's expectations, checked by Great Expectations and by row queries.

What it reports holds counts, ids and column names, never a value: rows may hold harmful text.
"""

import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]  # ships no types

from expectations import Expectation, Suite, load_suite
from schemas.base import JsonObject
from schemas.errors import DataFileError
from schemas.records import columns, to_record
from schemas.rows import ROWS, Row
from tasks.doors.store.tables import to_arrow

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )

Severity = Literal["critical", "warning"]
_KINDS: Mapping[str, type[Row]] = {kind.table: kind for kind in ROWS}
_ID = re.compile(r"[a-z]+-[0-9a-f]{20}")
_SHOWN_IDS = 5
_LARGE_BYTES = 2**25
# neither the context of Great Expectations nor a DuckDB connection is for two threads
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Finding:
    """An expectation that doesn't hold."""

    expectation: str  # what is expected, with the column or the query's name
    severity: Severity
    detail: str  # counts and ids


@dataclass(frozen=True, slots=True)
class GateResult:
    """What a gate found; `success` unless something critical failed."""

    failed: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    checked: int

    @property
    def success(self) -> bool:
        """Whether no critical expectation failed."""
        return not self.failed


def gate(table: str, rows: Sequence[Row]) -> GateResult:
    """Check rows of one table against its suite. Blocking: meant for a thread.

    Raises:
        DataFileError: the suite can't be used.
    """
    load_suite(table)
    return gate_records(table, to_arrow(columns(_KINDS[table]), [to_record(row) for row in rows]))


def gate_records(table: str, frame: pa.Table) -> GateResult:
    """Check rows of one table, given as records, against its suite. Blocking, as `gate` is.

    Raises:
        DataFileError: the suite can't be used.
    """
    suite = load_suite(table)
    return _gate(suite, frame)


def gate_figures(name: str, figures: Mapping[str, float | None]) -> GateResult:
    """Check figures, each a column of one row, against a suite. Blocking: meant for a thread.

    What could not be measured, None, breaks no bound.

    Raises:
        DataFileError: the suite can't be used.
    """
    return _gate(load_suite(name), to_arrow(dict.fromkeys(figures, "DOUBLE"), [dict(figures)]))


def validation_of(name: str, figures: Mapping[str, float | None]) -> JsonObject:
    """Return what Great Expectations says of figures, whole, as `gate_figures` reads it.

    Blocking: meant for a thread.

    Raises:
        DataFileError: the suite can't be used.
    """
    load_suite(name)
    with _LOCK:
        frame = to_arrow(dict.fromkeys(figures, "DOUBLE"), [dict(figures)]).to_pandas()
        batch = _batches().get_batch(batch_parameters={"dataframe": frame})
        result: Any = batch.validate(_column_suite(name), result_format="BASIC")
    return {"figures": dict(figures), "result": result.to_json_dict()}


def _gate(suite: Suite, frame: pa.Table) -> GateResult:
    with _LOCK:
        findings = [*_check_columns(suite.name, frame), *_check_queries(suite, frame)]
    return GateResult(
        failed=tuple(f for f in findings if f.severity == "critical"),
        warnings=tuple(f for f in findings if f.severity == "warning"),
        checked=len(suite.expectations),
    )


def warm_up() -> None:
    """Import Great Expectations, which takes seconds, before the first gate needs it."""
    with _LOCK:
        _batches()


def _check_columns(table: str, frame: pa.Table) -> Iterator[Finding]:
    looked_at = _checked_columns(table, *frame.column_names)
    parameters = {"dataframe": frame.select(looked_at).to_pandas()}
    batch = _batches().get_batch(batch_parameters=parameters)
    suite = _column_suite(table)
    # counts double the work: they are asked for only where something fails
    if batch.validate(suite, result_format="BOOLEAN_ONLY").success:
        return
    result: ExpectationSuiteValidationResult = batch.validate(suite, result_format="BASIC")
    for one in result.results:
        if not one.success:
            yield _column_finding(one)


def _column_finding(result: "ExpectationValidationResult") -> Finding:
    config = result.expectation_config
    kwargs, kind = (config.kwargs, config.type) if config else ({}, "expectation")
    is_warning = config is not None and config.severity == "warning"
    count = result.result.get("unexpected_count")
    total = result.result.get("element_count")
    return Finding(
        expectation=f"{kwargs.get('column', 'table')}: {kind}",
        severity="warning" if is_warning else "critical",
        detail="could not be checked" if count is None else f"{count} of {total} rows",
    )


def _check_queries(suite: Suite, frame: pa.Table) -> Iterator[Finding]:
    connection = _connection()
    connection.register("frame", frame)
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE rows AS {_columns_of(suite, frame)}")
        for one in (e for e in suite.expectations if e.is_query):
            if ids := _offending(connection, one):
                yield Finding(str(one.kwargs["name"]), one.severity, _describe(ids))
    except duckdb.Error as exc:
        msg = f"expectations/{suite.name}.json can't be checked: {_reason(exc)}"
        raise DataFileError(msg) from exc
    finally:
        connection.execute("DROP TABLE IF EXISTS rows")
        connection.unregister("frame")
        if frame.nbytes > _LARGE_BYTES:  # what a database in memory has once taken, it keeps
            connection.close()
            _connection.cache_clear()


def _columns_of(suite: Suite, frame: pa.Table) -> str:
    """Return the query of the derived columns, and of those that a query may name."""
    said = " ".join(str(e.kwargs["sql"]) for e in suite.expectations if e.is_query)
    named = [f'"{n}"' for n in frame.column_names if re.search(rf"\b{re.escape(n)}\b", said)]
    derived = [f"{sql} AS {name}" for name, sql in suite.derived.items()]
    return f"SELECT {', '.join((*named, *derived)) or '*'} FROM frame"


def _offending(connection: duckdb.DuckDBPyConnection, one: Expectation) -> list[str]:
    found = connection.execute(str(one.kwargs["sql"])).fetchall()
    return sorted({str(row[0]) for row in found})


def _reason(exc: duckdb.Error) -> str:
    # what is wrong with the query itself; other messages quote values
    is_about_sql = isinstance(exc, (duckdb.BinderException, duckdb.ParserException))
    return str(exc) if is_about_sql else type(exc).__name__


def _describe(ids: Sequence[str]) -> str:
    # an id of another form may be anything, so it is not repeated
    shown = [name for name in ids if _ID.fullmatch(name)][:_SHOWN_IDS]
    rest = f" and {len(ids) - len(shown)} more" if len(ids) > len(shown) else ""
    return f"{len(ids)} {'row' if len(ids) == 1 else 'rows'}: {', '.join(shown)}{rest}"


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"enable_external_access": False, "threads": 1})


@cache
def _batches() -> "BatchDefinition[Any]":
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read at import
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("all")


@cache
def _checked_columns(table: str, *names: str) -> list[str]:
    """Return the columns that Great Expectations looks at: the wide ones are not among them."""
    own = [e.kwargs for e in load_suite(table).expectations if not e.is_query]
    named = {str(value) for kwargs in own for name, value in kwargs.items() if name == "column"}
    whole = [kwargs for kwargs in own if "column" not in kwargs]
    return [name for name in names if whole or name in named]


@cache
def _column_suite(table: str) -> "ExpectationSuite":
    from great_expectations import ExpectationSuite

    own = [e.model_dump() for e in load_suite(table).expectations if not e.is_query]
    return ExpectationSuite(name=table, expectations=own)
