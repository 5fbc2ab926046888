import io
from dataclasses import replace

import pytest
from rich.console import Console

from agentalign.progress import (
    Lines,
    Snapshot,
    StageProgress,
    describe_calls,
    draw_stages,
    show_progress,
)
from schemas.results import CallCounts

RUNNING = Snapshot(
    stages=(
        StageProgress("chains", done=8, begun=8, rows=256, cached=True),
        StageProgress("plans", done=1, begun=4, rows=30, cached=False),
    ),
    calls=CallCounts(made=1200, cached=3),
    in_flight=64,
    limit=128,
    per_second=310.4,
)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time the test set."""
        return self.now


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


def test_the_line_says_time_calls_and_speed() -> None:
    """One line holds what a person waits for."""
    line = describe_calls(RUNNING, 12.0)
    expected = "12 s · calls: 1,200 made, 3 cached, 0 failed · 64 of 128 in flight · 310/s"
    assert line.strip() == expected
    assert describe_calls(Snapshot(), 0.0).strip() == "0 s · starting"


def test_the_line_says_refusals_money_and_what_is_left() -> None:
    """Only what there is to say of; money that is known in part is a least."""
    busy = replace(RUNNING, refused_share=0.034, spent_usd=1.5, unpriced=True, remaining=18_624)
    assert describe_calls(busy, 12.0).endswith(
        " · 3.4% refused · at least $1.50 · about 18,624 to go · 60 s left"
    )
    assert describe_calls(replace(RUNNING, unpriced=True), 0.0).endswith("cost unknown")
    slow = replace(RUNNING, per_second=0.5, remaining=9000)
    assert describe_calls(slow, 0.0).endswith("5.0 h left")


def test_a_stage_at_work_shows_its_items(output: io.StringIO) -> None:
    """Done of those known so far; the bar follows them while a run of the stage is open."""
    stage = StageProgress("semantic", 0, 1, 0, cached=False, items=(30, 60))
    Console(file=output, width=80).print(draw_stages(Snapshot(stages=(stage,))))
    assert output.getvalue().splitlines()[1].split()[-3:] == ["0/1", "30/60", "0"]


def test_the_table_has_a_line_per_stage(output: io.StringIO) -> None:
    """A stage shows its runs, or that all of it came from the cache."""
    Console(file=output, width=80).print(draw_stages(RUNNING))
    lines = output.getvalue().splitlines()
    assert lines[1].split()[0] == "chains"
    assert lines[1].split()[-2:] == ["cached", "256"]
    assert lines[2].split()[-2:] == ["1/4", "30"]


def test_without_a_terminal_lines_come_when_there_is_news(output: io.StringIO) -> None:
    """A stage that ended is said once; else a line every ten seconds."""
    clock = Clock()
    lines = Lines(Console(file=output, width=200), clock)
    for now in (0.0, 0.25, 0.5):
        clock.now = now
        lines.show(RUNNING)
    assert len(output.getvalue().splitlines()) == 1
    assert "chains 8/8 (256 rows)" in output.getvalue()
    clock.now = 10.5
    lines.show(RUNNING)
    assert len(output.getvalue().splitlines()) == 2


def test_a_stage_that_goes_on_is_said_again(output: io.StringIO) -> None:
    """Another block of a stage is news when it ends."""
    lines = Lines(Console(file=output, width=200), Clock())
    for done in (8, 16):
        lines.show(Snapshot(stages=(StageProgress("plans", done, done, done, cached=False),)))
    assert "plans 16/16" in output.getvalue()


def test_a_terminal_gets_a_live_table(output: io.StringIO) -> None:
    """On a terminal the table is drawn, and gone at the end."""
    console = Console(file=output, width=80, force_terminal=True)
    with show_progress(console) as display:
        display.show(RUNNING)
    assert "plans" in output.getvalue()


def test_a_pipe_gets_lines(output: io.StringIO) -> None:
    """Where there is no terminal no control codes are written."""
    with show_progress(Console(file=output)) as display:
        display.show(RUNNING)
    assert "\x1b" not in output.getvalue()
