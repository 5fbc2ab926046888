"""What an evaluation looks like in a terminal."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from schemas.evaluations import Column, Estimate, Evaluation, EvaluationResult
from tasks.evaluating.figures import BY_NAME, FIGURES
from tasks.evaluating.saying import FAULTS, say_interval, say_value

if TYPE_CHECKING:
    from rich.console import RenderableType

_LISTED = ("harmful_refusal", "harmful_step", "benign_refusal", "benign_success")


def draw_evaluation(result: EvaluationResult) -> "Iterator[RenderableType]":
    """Yield an evaluation's tables, what is not counted, and where all of it is."""
    found = result.evaluation
    yield f"{found.name}: {found.rows:,} rows of {found.version}, {found.chains:,} chains"
    if found.rehearsal:
        yield "a rehearsal: the embedded model took part, the figures say nothing of a model"
    yield _figures(found.columns)
    for pair in found.pairs:
        table = Table(f"{pair.column} minus {pair.minus}", "points", "95 %", box=None)
        for figure in FIGURES:
            estimate = pair.figures[figure.name]
            kind = "difference" if figure.kind == "share" else "mean"
            if estimate.n:
                table.add_row(figure.title, say_value(estimate, kind), say_interval(estimate, kind))
        yield table
    yield from _not_counted(found)
    calls = result.calls
    yield f"calls: {calls.made:,} made, {calls.cached:,} cached · {result.seconds:.0f} s"
    yield f"report: {result.path}/report.html"


def _figures(columns: Sequence[Column]) -> Table:
    table = Table("figure", box=None)
    for column in columns:
        table.add_column(column.key, justify="right")
    table.add_column("rows", justify="right")
    table.add_column("chains", justify="right")
    for figure in FIGURES:
        found = [column.figures[figure.name] for column in columns]
        if any(each.n for each in found):
            cells = [_cell(each, figure.kind) for each in found]
            table.add_row(figure.title, *cells, f"{found[0].n:,}", f"{found[0].groups:,}")
    return table


def _cell(found: Estimate, kind: str) -> str:
    return f"{say_value(found, kind)}\n{say_interval(found, kind)}"


def _not_counted(found: Evaluation) -> Iterator[str]:
    for reason, count in found.left_out.items():
        yield f"not asked: {count:,} ({reason.replace('_', ' ')})"
    for column in found.columns:
        for fault, count in column.errors.items():
            yield f"{column.key}: nothing is known of {count:,} rows: {FAULTS[fault]}"
    if found.transient:
        yield f"{found.transient:,} failed in passing: the same command asks for them again"


def draw_evaluations(found: Sequence[Evaluation]) -> Table:
    """Return evaluations as a table: each model of each, with the figures that matter most."""
    table = Table("evaluation", "version", "made", "model", box=None)
    for name in _LISTED:
        table.add_column(BY_NAME[name].title.lower(), justify="right")
    for each in found:
        for number, column in enumerate(each.columns):
            begins = (each.name, each.version, each.created_at[:10]) if not number else ("", "", "")
            cells = [say_value(column.figures[name], BY_NAME[name].kind) for name in _LISTED]
            table.add_row(*begins, column.key, *cells)
    return table
