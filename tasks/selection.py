"""Which sound rows a dataset takes: even quotas, picked by hash rank, never by order."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from schemas.ids import rank
from schemas.rows import Binding, Instruction, Response

Label = Literal["harmful", "benign"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sound answer with its request, the request before that, if any, and its binding."""

    response: Response
    request: Instruction
    binding: Binding
    opening: Instruction | None = None

    @property
    def label(self) -> Label:
        """The class it trains: what was refused is harmful, what was helped with is benign."""
        return label_of(self.response.kind)

    @property
    def part(self) -> str:
        """The part of its class: a situation, or `borderline` for what was written as such."""
        return "borderline" if self.request.intent == "borderline" else self.request.situation


def label_of(kind: str) -> Label:
    """Return the class that a kind of answer trains."""
    return "harmful" if kind == "refusal" else "benign"


@dataclass(slots=True)
class Selection:
    """What was taken for one class, and how far each category stayed below its quota.

    `thin` counts what is missing from parts that have a floor, by category and part.
    """

    taken: list[Candidate] = field(default_factory=list)
    short: dict[str, int] = field(default_factory=dict)
    below_floor: tuple[str, ...] = ()
    thin: dict[tuple[str, str], int] = field(default_factory=dict)


def quotas(target: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Return the target shared out in proportion to the weights, by largest remainder."""
    total = sum(weights.values())
    exact = {name: target * weight / total for name, weight in weights.items()}
    shared = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(weights, key=lambda name: (shared[name] - exact[name], name))
    for name in by_remainder[: target - sum(shared.values())]:
        shared[name] += 1
    return shared


def by_rank(candidates: Iterable[Candidate], seed: int) -> list[Candidate]:
    """Return the candidates in the order of hash ranks: all of a binding's one after the other.

    Both classes are picked in this order, so that a harmful row mostly keeps its twin.
    """
    return sorted(
        candidates,
        key=lambda c: (
            rank(seed, "select", c.binding.id),
            c.binding.id,
            rank(seed, "select", c.response.id),
            c.response.id,
        ),
    )


def fill(
    candidates: Sequence[Candidate], count: int, taken: Sequence[Candidate] = ()
) -> list[Candidate]:
    """Return up to `count` more candidates in their given order.

    Each time, one of a subcategory of which least is taken so far.
    """
    had = Counter(candidate.request.subcategory for candidate in taken)
    chosen = {candidate.response.id for candidate in taken}
    turns: list[tuple[int, str, int, Candidate]] = []
    for place, candidate in enumerate(candidates):
        if candidate.response.id not in chosen:
            name = candidate.request.subcategory
            turns.append((had[name], name, place, candidate))
            had[name] += 1
    return [candidate for *_, candidate in sorted(turns, key=lambda t: t[:3])[: max(0, count)]]


def select(
    candidates: Sequence[Candidate],
    target: int,
    weights: Mapping[str, int],
    floor: float,
    parts: Mapping[str, float] | None = None,
) -> Selection:
    """Return up to `target` candidates of one class, spread evenly.

    Each category fills its quota first, and in it the floors of the class's parts (shares of
    it); what others lack is then filled from what is left. A category is short if it is below
    its floor, or below its quota while the class as a whole is.
    """
    shares = quotas(target, weights)
    selection = Selection()
    own: dict[str, list[Candidate]] = {}
    for name, quota in shares.items():
        members = [c for c in candidates if c.request.category == name]
        own[name] = _fill_category(members, name, quota, parts or {}, selection)
    selection.taken = [candidate for rows in own.values() for candidate in rows]
    selection.taken += fill(candidates, target - len(selection.taken), selection.taken)
    selection.below_floor = tuple(n for n, quota in shares.items() if len(own[n]) < floor * quota)
    incomplete = len(selection.taken) < target
    selection.short = {
        name: quota - len(own[name])
        for name, quota in shares.items()
        if name in selection.below_floor or (incomplete and len(own[name]) < quota)
    }
    return selection


def surely_short(
    found: Mapping[str, int], target: int, weights: Mapping[str, int], floor: float
) -> list[str]:
    """Return the categories that a class is short of, whatever is selected, of so many candidates.

    Near-duplicates may make further ones short, which only a selection tells.
    """
    incomplete = sum(found.get(name, 0) for name in weights) < target
    return [
        name
        for name, quota in quotas(target, weights).items()
        if found.get(name, 0) < (quota if incomplete else floor * quota)
    ]


def _fill_category(
    members: Sequence[Candidate],
    category: str,
    quota: int,
    parts: Mapping[str, float],
    selection: Selection,
) -> list[Candidate]:
    taken: list[Candidate] = []
    for part, share in parts.items():
        least = int(share * quota)
        found = fill([c for c in members if c.part == part], least)
        if len(found) < least:
            selection.thin[category, part] = least - len(found)
        taken += found
    return taken + fill(members, quota - len(taken), taken)
