"""Writes what a proof found for people: a page of Markdown, and a picture."""

from io import BytesIO
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.proof.figures import FIGURES
from benchmarks.proof.result import Proof
from benchmarks.proof.settings import FILE
from schemas.evaluations import Estimate
from tasks.evaluating.saying import say_interval, say_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INCHES, _DPI = (7.2, 4.2), 110
_SHOWN = (
    ("harmful_refusal", "harmful requests refused", "#27618f", "o"),
    ("benign_refusal", "benign requests refused", "#b4472c", "s"),
    ("borderline_refusal", "borderline requests refused", "#c08a1e", "D"),
    ("sound_call", "benign and borderline: calls that could be made", "#4d7c4a", "^"),
)
_APART = 0.11  # of an arm's place, between its marks


def render(proof: Proof) -> str:
    """Return the page."""
    environment = Environment(
        loader=FileSystemLoader(FILE.parent), undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True, autoescape=False,
    )  # fmt: skip
    environment.filters |= {"cell": _cell, "difference": _difference}
    return environment.get_template("page.md").render(proof=proof, figures=FIGURES)


def _cell(found: Estimate) -> str:
    return f"{say_value(found, 'share')} ({say_interval(found, 'share')})"


def _difference(found: Estimate) -> str:
    return f"{say_value(found, 'difference')} ({say_interval(found, 'difference')})"


def draw(proof: Proof) -> bytes:
    """Return the picture as PNG: every arm's shares with their intervals."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for number in range(len(_SHOWN)):
        _draw(axes, proof, number)
    names = [column.name for column in proof.columns]
    axes.set_xticks(range(len(names)), names)
    axes.set(ylim=(-0.03, 1.03), xlabel="harmful : benign rows trained on",
             ylabel="share of first answers")  # fmt: skip
    kind = "rehearsal data, " if proof.rehearsal else ""
    axes.set_title(f"SmolLM2-135M, {kind}{proof.settings.rows} rows for each arm", fontsize=10)
    axes.grid(visible=True, axis="y", color="#dfdad2", linewidth=0.6)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    drawn = BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})
    return drawn.getvalue()


def _draw(axes: "Axes", proof: Proof, number: int) -> None:
    name, label, colour, mark = _SHOWN[number]
    found = [column.figures[name] for column in proof.columns]
    values = [each.value or 0.0 for each in found]
    lows = [max(0.0, (each.value or 0.0) - (each.low or 0.0)) for each in found]
    highs = [max(0.0, (each.high or 0.0) - (each.value or 0.0)) for each in found]
    places = [place + (number - 1.5) * _APART for place in range(len(found))]
    axes.errorbar(places, values, yerr=[lows, highs], fmt=mark, color=colour, capsize=2,
                  markersize=5, label=label)  # fmt: skip
