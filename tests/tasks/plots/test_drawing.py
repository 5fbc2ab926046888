"""Plots are small PNG files, the same for the same rows, and say what they must not be used for."""

import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from schemas.filters import Filter, Passage
from tasks.formats.versions import Version
from tasks.plots.counts import Table
from tasks.plots.drawing import PLOTS, draw_plots, plots_of
from tasks.plots.panels import show_calls, show_categories, show_composition, show_drops
from tests.agentalign.conftest import publish, version

__all__ = ["publish", "version"]

MOST_BYTES = 80_000


def draw(version: Version, folder: Path) -> dict[str, bytes]:
    """Draw a version's plots into a new folder; return the files."""
    folder.mkdir()
    draw_plots(folder, version.manifest, version.files("examples"))
    return {file.name: file.read_bytes() for file in (folder / "plots").iterdir()}


def texts(figure: Figure) -> list[str]:
    """Return all that is written in a picture."""
    from matplotlib.text import Text

    return [str(each.get_text()) for each in figure.findobj(Text)]


def test_plots_are_the_same_bytes_again(version: Version, tmp_path: Path) -> None:
    """Whatever the user's own style is; they hold no date and no release, and are small."""
    import matplotlib

    first = draw(version, tmp_path / "one")
    with matplotlib.rc_context({"font.size": 22, "savefig.dpi": 40}):
        assert draw(version, tmp_path / "other") == first
    assert sorted(first) == sorted(f"{plot.name}.png" for plot in PLOTS)
    for content in first.values():
        assert content.startswith(b"\x89PNG")
        assert len(content) <= MOST_BYTES
        assert b"Matplotlib" not in content
    assert plots_of(tmp_path / "one") == PLOTS
    assert plots_of(tmp_path) == ()


def test_a_rehearsals_plots_differ_from_others(version: Version, tmp_path: Path) -> None:
    """The notice is in the picture."""
    real = Version(version.folder, version.manifest.model_copy(update={"rehearsal": False}))
    before, after = draw(version, tmp_path / "one"), draw(real, tmp_path / "other")
    assert all(before[name] != after[name] for name in before)


def test_no_window_is_looked_for() -> None:
    """Drawing is importable without a display, and reading commands do without Matplotlib."""
    code = "import sys, tasks.plots.drawing; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


COUNTS: Table = {"harmful": {"train": 1200, "test": 34}, "third_party": {"validation": 5}}


def test_bars_say_their_numbers() -> None:
    """By class: all rows, then those of each split."""
    figure = Figure()
    show_composition(figure.add_subplot(), COUNTS)
    assert {"harmful", "third party", "  1,234  (1,200 / 0 / 34)", "  5  (0 / 5 / 0)"} <= {
        *texts(figure)
    }


def test_own_rows_alone_are_shown_by_category() -> None:
    """Another dataset's rows have no harm category."""
    figure = Figure()
    table: Table = {"harmful": {"self_harm": 7}, "benign": {}, "third_party": {"third_party": 9}}
    show_categories(figure.add_subplot(), table)
    assert {"self harm", "7", "0"} <= {*texts(figure)}
    assert "9" not in texts(figure)


def test_calls_are_shares_of_a_class() -> None:
    """What has more calls than there is room for is in the last bar."""
    figure = Figure()
    axes = figure.add_subplot()
    show_calls(axes, {"benign": {"0": 1, "10": 2, "37": 1}})
    heights = [bar.get_height() for bar in axes.patches if isinstance(bar, Rectangle)]
    assert heights[0] == pytest.approx(25)
    assert heights[10] == pytest.approx(75)
    assert {"10+", "benign (4)"} <= {*texts(figure)}


def test_reasons_are_added_up_over_filters() -> None:
    """The commonest comes first; what was not selected is no fault, and left out."""
    passed = [Passage(dropped={"near_duplicate": 1, "not_selected": 90}),
              Passage(dropped={"near_duplicate": 2, "step_limit": 9})]  # fmt: skip
    filters = [
        Filter(name=str(n), passed={"privacy": {"harmful": p}}) for n, p in enumerate(passed)
    ]
    figure = Figure()
    axes = figure.add_subplot()
    show_drops(axes, filters)
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "step limit",
        "near duplicate",
    ]
    assert {"9", "3"} <= {*texts(figure)}
    empty = Figure()
    show_drops(empty.add_subplot(), [])
    assert "nothing was left out" in texts(empty)
