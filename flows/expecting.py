"""How far a build is: the calls it was estimated to take, against those it is done with."""

from collections.abc import Mapping, Sequence

from flows.ledger import Line
from schemas.results import CallCounts


def count_left(
    lines: Sequence[Line], asked: Mapping[str, CallCounts], expected: Mapping[str, float]
) -> float:
    """Return the calls that are still to be expected; none once the selection is made.

    Args:
        lines: the stages so far.
        asked: calls of this run by stage.
        expected: calls of a build from nothing, by stage.
    """
    if any(line.stage == "balance" and line.done == line.expected for line in lines):
        return 0.0
    finished = {line.stage: line.figures["calls"] for line in lines}
    left = 0.0
    for stage, calls in expected.items():
        count = asked.get(stage)
        now = count.made + count.cached if count else 0
        left += max(0.0, calls - max(now, finished.get(stage, 0)))
    return left
