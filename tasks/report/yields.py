"""What writers made of what they were asked."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Yield:
    """Requests to one writer, and those that gave nothing, by error."""

    asked: int
    errors: dict[str, int]  # the commonest first

    @property
    def share(self) -> float:
        """The share that gave something, 0 to 1."""
        return 1 - sum(self.errors.values()) / max(1, self.asked)


@dataclass(frozen=True, slots=True)
class Yields:
    """By writer, and by subcategory and writer; the subcategories that gave least come first."""

    writers: dict[str, Yield]
    subcategories: dict[str, dict[str, Yield]]


def yields_of(counts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Yields:
    """Return yields of a manifest's counts: by writer and subcategory, what was asked and lost."""
    writers = {writer: _sum(found.values()) for writer, found in counts.items()}
    names = {name for found in counts.values() for name in found}
    table = {
        name: {writer: _sum([found[name]]) for writer, found in counts.items() if name in found}
        for name in names
    }
    order = sorted(table, key=lambda name: (min(e.share for e in table[name].values()), name))
    return Yields(writers, {name: table[name] for name in order})


def _sum(lines: Iterable[Mapping[str, int]]) -> Yield:
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(line)
    errors = {name: n for name, n in counts.most_common() if name != ASKED and n}
    return Yield(counts[ASKED], errors)
