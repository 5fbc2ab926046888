"""How long conversations and requests are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tasks.report.charts import Histogram, edges_for, histogram
from tasks.report.facts import Fact, of_class
from tasks.report.words import load_words


@dataclass(frozen=True, slots=True)
class Size:
    """What is measured, and a histogram for each class, all over the same bins."""

    name: str
    unit: str
    classes: dict[str, Histogram]


def sizes_of(facts: Sequence[Fact]) -> tuple[Size, ...]:
    """Return turns of conversations, calls of trajectories and characters of requests."""
    working = [fact for fact in facts if fact.kind == "trajectory" or fact.calls]
    asked = [fact for fact in facts if fact.characters]
    return (
        _size("Turns of a conversation", "turns", facts, lambda fact: fact.turns),
        _size("Calls, where tools are called", "calls", working, lambda fact: len(fact.calls)),
        _size("Length of a request", "characters", asked, lambda fact: fact.characters),
    )


def _size(name: str, unit: str, facts: Sequence[Fact], measure: Callable[[Fact], int]) -> Size:
    edges = edges_for(map(measure, facts))
    found = {
        label: histogram(map(measure, of_class(facts, label)), edges)
        for label in load_words().classes
    }
    return Size(name, unit, {label: each for label, each in found.items() if each})
