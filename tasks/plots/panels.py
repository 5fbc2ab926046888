"""What each plot shows: counts as bars in an empty picture."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from schemas.filters import Filter
from tasks.composition import SPLITS
from tasks.plots.counts import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SELECTED = "not_selected"  # sound, and dropped for want of room: no fault
_COLOURS = {"harmful": "#b5442e", "benign": "#2f6f9f", "third_party": "#8a8a8a"}
_STRENGTH = {"train": 1.0, "validation": 0.6, "test": 0.35}
_MOST_CALLS = 10
_MOST_REASONS = 12


def show_composition(axes: "Axes", by_split: Table) -> None:
    """Draw rows by class, each bar made of its splits."""
    for place, (name, line) in enumerate(by_split.items()):
        left = 0
        for split in SPLITS:
            axes.barh(
                place, line.get(split, 0), left=left,
                color=_COLOURS[name], alpha=_STRENGTH[split], edgecolor="white",
            )  # fmt: skip
            left += line.get(split, 0)
        told = " / ".join(f"{line.get(split, 0):,}" for split in SPLITS)
        axes.text(left, place, f"  {left:,}  ({told})", va="center")
    _name_lines(axes, [_say(name) for name in by_split])
    _leave_room(axes, 0.4, max((sum(line.values()) for line in by_split.values()), default=1))
    axes.set_xlabel(f"rows ({' / '.join(SPLITS)})")


def show_categories(axes: "Axes", by_category: Table) -> None:
    """Draw rows of our own making by harm category, refused beside helped with."""
    own = {name: line for name, line in by_category.items() if name != "third_party"}
    names = sorted({category for line in own.values() for category in line})
    height = 0.8 / max(1, len(own))
    for number, (name, line) in enumerate(own.items()):
        places = [place + (number - (len(own) - 1) / 2) * height for place in range(len(names))]
        bars = axes.barh(
            places, [line.get(category, 0) for category in names], height,
            color=_COLOURS[name], label=_say(name),
        )  # fmt: skip
        axes.bar_label(bars, fmt="{:,.0f}", padding=3)
    _name_lines(axes, [_say(name) for name in names])
    _leave_room(axes, 0.1, max((n for line in own.values() for n in line.values()), default=1))
    axes.set_xlabel("rows")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, frameon=False)


def show_calls(axes: "Axes", by_calls: Table) -> None:
    """Draw how many tool calls conversations have, in percent of those of a class."""
    width = 0.8 / max(1, len(by_calls))
    for number, (name, line) in enumerate(by_calls.items()):
        total = sum(line.values())
        shares = [0.0] * (_MOST_CALLS + 1)
        for calls, rows in line.items():
            shares[min(int(calls), _MOST_CALLS)] += 100 * rows / total
        places = [
            place + (number - (len(by_calls) - 1) / 2) * width for place in range(len(shares))
        ]
        axes.bar(places, shares, width, color=_COLOURS[name], label=f"{_say(name)} ({total:,})")
    axes.set_xticks(range(_MOST_CALLS + 1), [*map(str, range(_MOST_CALLS)), f"{_MOST_CALLS}+"])
    axes.set_xlabel("tool calls in a conversation")
    axes.set_ylabel("% of the class")
    axes.legend(frameon=False)


def show_drops(axes: "Axes", filters: Sequence[Filter]) -> None:
    """Draw what the filters left out, the commonest reasons first."""
    found = _drops(filters)
    ranked = sorted(found.items(), key=lambda each: (-each[1], each[0]))[:_MOST_REASONS]
    bars = axes.barh(range(len(ranked)), [rows for _, rows in ranked], color="#6b5b95")
    axes.bar_label(bars, fmt="{:,.0f}", padding=3)
    _name_lines(axes, [_say(name) for name, _ in ranked])
    _leave_room(axes, 0.1, max(found.values(), default=1))
    axes.set_xlabel("rows left out")
    if not ranked:
        axes.text(0.5, 0.5, "nothing was left out", ha="center", transform=axes.transAxes)


def _drops(filters: Sequence[Filter]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for each in filters:
        for reason, rows in each.total().dropped.items():
            if reason != SELECTED and rows:
                found[reason] = found.get(reason, 0) + rows
    return found


def _name_lines(axes: "Axes", names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()


def _leave_room(axes: "Axes", share: float, most: int) -> None:
    """Leave a share of the width free, for the numbers at the ends of bars."""
    axes.set_xlim(0, max(1, most) * (1 + share))


def _say(name: str) -> str:
    return name.replace("_", " ")
