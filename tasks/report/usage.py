"""Which tools are offered and called, and which capabilities conversations are about."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log2

from schemas.audits import Evenness
from tasks.report.facts import Fact, of_class


@dataclass(frozen=True, slots=True)
class Used:
    """A tool: the rows of each class that offer it and those that call it."""

    name: str
    rows_refused: int
    rows_helped: int
    rows_calling: int

    @property
    def rows(self) -> int:
        """The rows that offer it."""
        return self.rows_refused + self.rows_helped


@dataclass(frozen=True, slots=True)
class Usage:
    """Tools, those most called first, and capabilities, the commonest first."""

    tools: tuple[Used, ...]
    never_called: int
    offered: Evenness
    called: Evenness
    capabilities: tuple[tuple[str, int], ...]  # with the rows that go through them
    capability: Evenness


def usage_of(facts: Sequence[Fact]) -> Usage:
    """Return how tools and capabilities are used."""
    refused = _rows(fact.offered for fact in of_class(facts, "harmful"))
    helped = _rows(fact.offered for fact in of_class(facts, "benign"))
    calling = _rows(fact.calls for fact in facts)
    tools = sorted(
        (Used(n, refused[n], helped[n], calling[n]) for n in {*refused, *helped, *calling}),
        key=lambda used: (-used.rows_calling, -used.rows, used.name),
    )
    capabilities = _rows(fact.capabilities for fact in facts)
    return Usage(
        tools=tuple(tools),
        never_called=sum(not used.rows_calling for used in tools),
        offered=evenness(refused + helped),
        called=evenness(calling),
        capabilities=tuple(sorted(capabilities.items(), key=lambda item: (-item[1], item[0]))),
        capability=evenness(capabilities),
    )


def _rows(names: Iterable[Sequence[str]]) -> Counter[str]:
    """Return the rows that have each name, however often."""
    return Counter(name for found in names for name in set(found))


def evenness(counts: Counter[str]) -> Evenness:
    """Return how evenly occurrences spread over names."""
    total = counts.total()
    bits = -sum(n / total * log2(n / total) for n in counts.values())
    most = log2(len(counts)) if len(counts) > 1 else None
    return Evenness(bits=bits, relative=bits / most if most else None, names=len(counts))
