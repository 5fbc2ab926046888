"""Draws the plots of a version as PNG files: the same bytes for the same rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.results import Manifest
from tasks.plots.counts import count_rows
from tasks.plots.panels import show_calls, show_categories, show_composition, show_drops

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER = "plots"
_INCHES, _DPI = (8, 4.2), 110  # 880 pixels wide, as wide as a card is shown
_STYLE = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture beside a card, and what it shows."""

    name: str
    title: str

    @property
    def file(self) -> str:
        """Its file, relative to the version's folder."""
        return f"{FOLDER}/{self.name}.png"


@dataclass(frozen=True, slots=True)
class Panel:
    """A plot, and what draws it."""

    plot: Plot
    show: "Callable[[Axes], None]"


def plots_of(folder: Path) -> tuple[Plot, ...]:
    """Return the plots that a version's folder has, in the order they are shown."""
    return tuple(plot for plot in PLOTS if (folder / plot.file).is_file())


def draw_plots(folder: Path, manifest: Manifest, files: Sequence[Path]) -> tuple[Plot, ...]:
    """Draw the plots of the rows in `files` into a folder's `plots`, and return them."""
    import matplotlib.style

    counts = count_rows(files)
    panels = (
        Panel(COMPOSITION, lambda axes: show_composition(axes, counts.by_split)),
        Panel(CATEGORIES, lambda axes: show_categories(axes, counts.by_category)),
        Panel(CALLS, lambda axes: show_calls(axes, counts.by_calls)),
        Panel(DROPS, lambda axes: show_drops(axes, manifest.filters)),
    )
    (folder / FOLDER).mkdir(exist_ok=True)
    with matplotlib.style.context(["default", _STYLE]):  # whatever the user's own style is
        for panel in panels:
            _draw(panel, folder / panel.plot.file, manifest)
    return PLOTS


def _draw(panel: Panel, file: Path, manifest: Manifest) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    panel.show(axes)
    notice = " — rehearsal, not for training" if manifest.rehearsal else ""
    axes.set_title(f"{panel.plot.title}\n{manifest.version}{notice}", loc="left")
    figure.savefig(file, metadata={"Software": None})  # else the release of the library is in it


COMPOSITION = Plot("composition", "Rows by class and split")
CATEGORIES = Plot("categories", "Own rows by category, refused and helped with")
CALLS = Plot("calls", "Tool calls in a conversation, by class")
DROPS = Plot("drops", "What the filters left out")
PLOTS = (COMPOSITION, CATEGORIES, CALLS, DROPS)
