"""How figures and their intervals are written, and what is said where nothing is known."""

from schemas.evaluations import Estimate
from tasks.report.page import DASH, decimal, percent

FAULTS = {
    "endpoint": "the model, or a tool's stand-in, gave no answer that can be used",
    "judge_unknown": "too few judges gave an answer that can be read",
    "guard_unreadable": "the guard gave no answer that can be read",
    "lost": "a tool call took its world down",
}


def say_value(found: Estimate, kind: str) -> str:
    """Return a figure as people read it: a share in percent, a mean with one decimal."""
    if found.value is None:
        return DASH
    if kind == "mean":
        return decimal(found.value, 1)
    return _signed(found.value) if kind == "difference" else percent(found.value, 1)


def say_interval(found: Estimate, kind: str) -> str:
    """Return the bounds of an interval; a dash where there is none."""
    if found.low is None or found.high is None:
        return DASH
    bounds = (found.low, found.high)
    if kind == "mean":
        return " to ".join(decimal(each, 1) for each in bounds)
    say = _signed if kind == "difference" else lambda each: percent(each, 1)
    return " to ".join(map(say, bounds))


def _signed(value: float) -> str:
    return f"{100 * value:+.1f}"
