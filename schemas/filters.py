"""What every filter of a build let through, by category and intent."""

from collections import Counter
from collections.abc import Iterable

from pydantic import Field

from schemas.base import Declared


class Passage(Declared):
    """Rows that came to a filter, and why some went no further."""

    rows_in: int = 0
    rows_out: int = 0
    dropped: dict[str, int] = Field(default_factory=dict)  # by reason


class Filter(Declared):
    """One filter, by category, then by intent."""

    name: str
    passed: dict[str, dict[str, Passage]]

    def total(self) -> Passage:
        """Return the sum over categories and intents."""
        return merge(each for by_intent in self.passed.values() for each in by_intent.values())


def merge(passages: Iterable[Passage]) -> Passage:
    """Return the sum of passages."""
    rows_in = rows_out = 0
    dropped: Counter[str] = Counter()
    for each in passages:
        rows_in += each.rows_in
        rows_out += each.rows_out
        dropped.update(each.dropped)
    return Passage(rows_in=rows_in, rows_out=rows_out, dropped=dict(sorted(dropped.items())))
