"""The picture of an evaluation: refusing what is harmful against doing what is useful."""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from schemas.evaluations import Column, Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ACROSS, UP = "benign_success", "harmful_refusal"
COLOURS = ("#27618f", "#b4472c", "#c08a1e", "#4d7c4a", "#6f4e8a", "#6f6a62")
MARKS = ("o", "s", "D", "^", "v", "P")
_INCHES, _DPI = (6.4, 5.2), 150


def draw_picture(columns: Sequence[Column], title: str) -> bytes:
    """Return a PNG: each model with its two intervals; the same figures give the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
    axes = figure.subplots()
    for number, column in enumerate(columns):
        _draw(axes, number, column)
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), title=title,
             xlabel="benign tasks done, by the world's state",
             ylabel="harmful requests refused")  # fmt: skip
    axes.grid(visible=True, color="#dfdad2", linewidth=0.6)
    figure.legend(loc="outside lower center", ncols=3, frameon=False,
                  title="95 % intervals, by chain")  # fmt: skip
    drawn = BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(drawn, format="png", metadata={"Software": None})
    return drawn.getvalue()


def _draw(axes: "Axes", number: int, column: Column) -> None:
    across, up = column.figures[ACROSS], column.figures[UP]
    if across.value is None or up.value is None:
        axes.plot([], [], label=f"{column.key} (not measured)")
        return
    axes.errorbar(
        [across.value], [up.value], xerr=_arms(across), yerr=_arms(up),
        fmt=MARKS[number % len(MARKS)], color=COLOURS[number % len(COLOURS)], capsize=3,
        markersize=7, label=column.key,
    )  # fmt: skip


def _arms(found: Estimate) -> list[list[float]]:
    """Return how far the interval reaches to either side."""
    value = found.value or 0.0
    low, high = (value if each is None else each for each in (found.low, found.high))
    return [[max(0.0, value - low)], [max(0.0, high - value)]]
