"""How good filters are, from a stratified sample of people's verdicts.

A stratum of N rows of which n were reviewed and k had a property stands for N·k/n rows with it.
Its bounds are Wilson's, drawn in by what a sample without replacement leaves open, so that a
stratum that was reviewed whole has none. Bounds of sums and of shares are put together from those
of their parts, each part's distance from its value taken as its spread.

Source: Zou and Donner (2008), Construction of confidence limits about effect measures: a general
approach (MOVER); Cochran (1977), Sampling techniques, for the finite population.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import hypot, sqrt

from pydantic import Field

from agentalign.reviewing.frame import Frame, Stratum, Subject
from schemas.base import Declared
from tasks.audit.wilson import wilson

ALL = "all"


class Share(Declared):
    """A share and its 95 % bounds."""

    value: float
    low: float
    high: float


class Figures(Declared):
    """What people made of a filter's word, for an intent or for all.

    What can't be said, as a stratum it needs has no review, is None.
    """

    check: str
    intent: str
    rows: int
    accepted: int = Field(description="By the filter")
    reviewed: int
    gone: int = Field(description="Rows the filter dropped that left no text to review")
    precision: Share | None = Field(description="Of what it accepted, what people accept")
    recall: Share | None = Field(description="Of what people accept, what it accepted")
    agreement: Share | None = Field(description="Rows of which both say the same")
    kappa: float | None = Field(description="Cohen's: agreement beyond chance")


@dataclass(frozen=True, slots=True)
class Sampled:
    """A stratum: its rows, how many were reviewed, and of how many people say yes."""

    rows: int
    reviewed: int
    hits: int

    @property
    def misses(self) -> "Sampled":
        """The same stratum, told by what people say no to."""
        return Sampled(self.rows, self.reviewed, self.reviewed - self.hits)


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows have a property, with its 95 % bounds."""

    value: float
    low: float
    high: float

    def share(self, rows: int) -> Share:
        """Return the share of so many rows."""
        return Share(value=self.value / rows, low=self.low / rows, high=self.high / rows)


def total(strata: Iterable[Sampled]) -> Total | None:
    """Return how many rows of strata have what their hits have; None if one has no review."""
    value, below, above = 0.0, [0.0], [0.0]
    for part in strata:
        if not part.rows:
            continue
        if not part.reviewed:
            return None
        share = part.hits / part.reviewed
        low, high = wilson(part.hits, part.reviewed)
        open_rows = part.rows * _left_open(part)
        value += part.rows * share
        below.append(open_rows * (share - low))
        above.append(open_rows * (high - share))
    return Total(value, value - hypot(*below), value + hypot(*above))


def _left_open(part: Sampled) -> float:
    """Return by what bounds are drawn in, as the rows that were not drawn are not endless."""
    return sqrt((part.rows - part.reviewed) / (part.rows - 1)) if part.rows > 1 else 0.0


def share_of_sum(one: Total, other: Total) -> Share | None:
    """Return which share of both together the one is; None if both are nothing."""
    both = one.value + other.value
    if not both:
        return None
    return Share(value=one.value / both, low=_least(one, other), high=1 - _least(other, one))


def _least(one: Total, other: Total) -> float:
    """Return the least share of `one`: where it is the spreads of both below its value."""
    less, more = one.value - one.low, other.high - other.value
    own = one.value**2 - less**2
    root = (one.value * more) ** 2 + (other.value * less) ** 2 - (less * more) ** 2
    rest = one.value * other.value + sqrt(max(0.0, root))
    return own / (own + rest) if own + rest else 0.0


def make_figures(frame: Frame) -> list[Figures]:
    """Return the figures of each check, for all intents and for each."""
    strata = count_strata(frame.subjects)
    found = []
    for check in sorted({stratum.check for stratum in strata}, reverse=True):
        own = {stratum: part for stratum, part in strata.items() if stratum.check == check}
        gone = frame.gone if check == "response" else {}
        found.append(_figures(check, ALL, own, sum(gone.values())))
        for intent in sorted({stratum.intent for stratum in own} | set(gone)):
            of = {stratum: part for stratum, part in own.items() if stratum.intent == intent}
            found.append(_figures(check, intent, of, gone.get(intent, 0)))
    return found


def count_strata(subjects: Iterable[Subject]) -> dict[Stratum, Sampled]:
    """Return how much of each stratum was reviewed, and what people accept of it."""
    members: dict[Stratum, list[Subject]] = defaultdict(list)
    for subject in subjects:
        members[subject.stratum].append(subject)
    return {stratum: _count(members[stratum]) for stratum in sorted(members)}


def _count(subjects: Sequence[Subject]) -> Sampled:
    said = [subject.review.verdict for subject in subjects if subject.review]
    return Sampled(len(subjects), len(said), said.count("accept"))


def _figures(check: str, intent: str, strata: Mapping[Stratum, Sampled], gone: int) -> Figures:
    let_through = [part for stratum, part in strata.items() if stratum.accepted]
    kept_out = [part for stratum, part in strata.items() if not stratum.accepted]
    accepted, rows = sum(p.rows for p in let_through), sum(p.rows for p in strata.values())
    right, missed = total(let_through), total(kept_out)
    same = total([*let_through, *(part.misses for part in kept_out)])
    agreement = same.share(rows) if same and rows else None
    return Figures(
        check=check,
        intent=intent,
        rows=rows + gone,
        accepted=accepted,
        reviewed=sum(part.reviewed for part in strata.values()),
        gone=gone,
        precision=right.share(accepted) if right and accepted else None,
        recall=share_of_sum(right, missed) if right and missed and not gone else None,
        agreement=None if gone else agreement,
        kappa=None if gone or not rows else _kappa(right, missed, agreement, accepted / rows, rows),
    )


def _kappa(
    right: Total | None, missed: Total | None, agreement: Share | None, accepted: float, rows: int
) -> float | None:
    if right is None or missed is None or agreement is None:
        return None
    liked = (right.value + missed.value) / rows
    chance = accepted * liked + (1 - accepted) * (1 - liked)
    return None if chance == 1 else (agreement.value - chance) / (1 - chance)
