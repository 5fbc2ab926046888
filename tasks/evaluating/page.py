"""Renders the page about an evaluation: one HTML document that loads nothing and runs nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from schemas.evaluations import Column, Estimate, Evaluation, Outcome
from schemas.masked_rows import masked_messages
from schemas.messages import Message
from schemas.rows import Binding
from tasks.evaluating.asking import Shown
from tasks.evaluating.figures import FIGURES
from tasks.evaluating.picture import ACROSS, UP
from tasks.evaluating.saying import FAULTS, say_interval, say_value
from tasks.report.charts import place
from tasks.report.page import MARK, decimal, number, percent
from tasks.report.talks import Turn, turns_of

FEW = 10  # groups, below which an interval from resampling them is too narrow
LEFT_OUT = {
    "third_party": "rows of other datasets: they have no world to act in",
    "tools_of_another_row": "rows that offer another row's tools: no world has those",
    "beyond_the_cap": "rows beyond the number that was asked for, by hash rank",
}
_GONE = "An answer that was not as it should be: of its text and calls nothing is kept."


@dataclass(frozen=True, slots=True)
class Sample:
    """A conversation as the page shows it; of one whose answer is gone, what came before it."""

    name: str
    outcome: Outcome
    turns: tuple[Turn, ...]
    gone: str


@dataclass(frozen=True, slots=True)
class Dot:
    """Where a column stands in the picture, in its units: its two values and their intervals."""

    key: str
    across: Estimate
    up: Estimate


def render(evaluation: Evaluation, shown: Sequence[Shown]) -> str:
    """Return the page; harmful texts are masked in any case."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("tasks.evaluating"), PackageLoader("tasks.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "percent": percent, "decimal": decimal}
    environment.filters |= {"value": say_value, "interval": say_interval, "spaced": _spaced}
    environment.globals |= {"place": place}
    return environment.get_template("evaluation.html").render(
        page=evaluation,
        figures=FIGURES,
        dots=tuple(_dots(evaluation.columns)),
        samples=tuple(_sample(each) for each in sorted(shown, key=lambda each: each.case.place)),
        unseen=any(found.n for column in evaluation.columns for found in column.unseen.values()),
        few=any(0 < e.groups < FEW for c in evaluation.columns for e in c.figures.values()),
        left_out=LEFT_OUT,
        faults=FAULTS,
        mark=MARK,
    )


def _spaced(text: str) -> str:
    return text.replace("_", " ")


def _dots(columns: Sequence[Column]) -> Iterator[Dot]:
    for column in columns:
        across, up = column.figures[ACROSS], column.figures[UP]
        if across.value is not None and up.value is not None:
            yield Dot(column.key, across, up)


def _sample(shown: Shown) -> Sample:
    whole = (*opening_of(shown), *shown.turns)
    job = shown.case.job
    masked = masked_messages(whole) if job.sensitive else whole
    return Sample(
        name=_spaced(shown.case.place.replace("/", ", ")),
        outcome=shown.outcome,
        turns=turns_of(whole, masked),
        gone="" if shown.turns else _GONE,
    )


def opening_of(shown: Shown) -> tuple[Message, ...]:
    """Return what stands before the model's first turn."""
    binding: Binding = shown.case.job.binding
    system = (
        [Message(role="system", content=binding.system_prompt)] if binding.system_prompt else []
    )
    return (*system, Message(role="user", content=shown.case.job.texts[0]))
