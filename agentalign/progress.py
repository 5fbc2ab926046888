"""What a running build shows of itself: a live table, or plain lines where there's no terminal."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from schemas.results import CallCounts

_LINE_EVERY_S = 10.0
_BAR_WIDTH = 20
_NO_CALLS = CallCounts()


@dataclass(frozen=True, slots=True)
class StageProgress:
    """One stage so far: runs done of those begun, rows that came out, whether all was cached.

    `items` are what calls are made for: how many are done, and how many are known so far.
    """

    name: str
    done: int
    begun: int
    rows: int
    cached: bool
    items: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A build at one moment."""

    stages: Sequence[StageProgress] = ()
    calls: CallCounts = _NO_CALLS
    in_flight: int = 0
    limit: int = 0  # of calls in flight, as the endpoints take it now
    per_second: float = 0.0
    refused_share: float = 0.0
    spent_usd: float = 0.0
    unpriced: bool = False  # whether an endpoint has no known price
    remaining: float = 0.0  # calls, as estimated


class Display(Protocol):
    """Where a build's progress goes."""

    def show(self, snapshot: Snapshot) -> None:
        """Show a moment of the build."""


@contextmanager
def show_progress(console: Console) -> Iterator[Display]:
    """Show progress until the block ends."""
    if not console.is_terminal:
        yield Lines(console)
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield Screen(live)


class Screen:
    """A table that redraws itself."""

    def __init__(self, live: Live, clock: Callable[[], float] = time.monotonic) -> None:
        self._live = live
        self._clock = clock
        self._start = clock()

    def show(self, snapshot: Snapshot) -> None:
        """Draw the build as it is now."""
        footer = Text(describe_calls(snapshot, self._clock() - self._start), style="dim")
        self._live.update(Group(draw_stages(snapshot), footer), refresh=True)


class Lines:
    """One line when a stage ends, and one every ten seconds while nothing does."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._start = self._last = clock()
        self._shown: dict[str, int] = {}

    def show(self, snapshot: Snapshot) -> None:
        """Print what is new since the last line."""
        now = self._clock()
        ended = [stage for stage in snapshot.stages if self._is_news(stage)]
        if not ended and now - self._last < _LINE_EVERY_S:
            return
        self._last = now
        self._shown.update({stage.name: stage.done for stage in ended})
        stages = " ".join(f"{s.name} {s.done}/{s.begun} ({s.rows} rows)" for s in ended)
        line = describe_calls(snapshot, now - self._start)
        self._console.print(
            f"{line}{' · ' if stages else ''}{stages}", highlight=False, soft_wrap=True
        )

    def _is_news(self, stage: StageProgress) -> bool:
        return 0 < stage.begun == stage.done != self._shown.get(stage.name)


def draw_stages(snapshot: Snapshot) -> Table:
    """Return the stages as a table."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("stage", ""):
        table.add_column(name)
    for name in ("runs", "items", "rows"):
        table.add_column(name, justify="right")
    for stage in snapshot.stages:
        filled = int(_BAR_WIDTH * _share_done(stage))
        bar = Text("━" * filled, "green") + Text("━" * (_BAR_WIDTH - filled), "dim")
        runs = "cached" if stage.cached and stage.done else f"{stage.done}/{stage.begun}"
        done, known = stage.items
        items = f"{done:,}/{known:,}" if known else ""
        table.add_row(stage.name, bar, runs, items, f"{stage.rows:,}")
    return table


def _share_done(stage: StageProgress) -> float:
    done, known = stage.items if stage.done < stage.begun else (stage.done, stage.begun)
    return done / known if known else stage.done / max(1, stage.begun)


def describe_calls(snapshot: Snapshot, elapsed_s: float) -> str:
    """Return one line: time, calls done of those expected, how they go, money, time left."""
    if not snapshot.stages:
        return f"{elapsed_s:4.0f} s · starting"
    calls = snapshot.calls
    done = f"calls: {calls.made:,} made, {calls.cached:,} cached, {calls.failed:,} failed"
    parts = (f"{elapsed_s:4.0f} s", done, *_speed(snapshot), *_money(snapshot), *_left(snapshot))
    return " · ".join(parts)


def _speed(snapshot: Snapshot) -> Iterator[str]:
    if snapshot.in_flight:
        yield f"{snapshot.in_flight} of {snapshot.limit} in flight"
    if snapshot.per_second:
        yield f"{snapshot.per_second:,.0f}/s"
    if snapshot.refused_share:
        yield f"{snapshot.refused_share:.1%} refused"


def _money(snapshot: Snapshot) -> Iterator[str]:
    if snapshot.spent_usd:
        yield f"{'at least ' if snapshot.unpriced else ''}${snapshot.spent_usd:,.2f}"
    elif snapshot.unpriced and snapshot.calls.made:
        yield "cost unknown"


def _left(snapshot: Snapshot) -> Iterator[str]:
    if snapshot.remaining < 1:
        return
    yield f"about {snapshot.remaining:,.0f} to go"
    if snapshot.per_second:
        yield f"{_duration(snapshot.remaining / snapshot.per_second)} left"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
