"""Which sound rows a dataset takes: even quotas, picked by hash rank, never by order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from schemas.ids import rank
from schemas.rows import Binding, Instruction, Response

Label = Literal["harmful", "benign"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sound answer with its request and binding."""

    response: Response
    request: Instruction
    binding: Binding

    @property
    def label(self) -> Label:
        """The class it trains: what was refused is harmful, what was helped with is benign."""
        return "harmful" if self.response.kind == "refusal" else "benign"


@dataclass(slots=True)
class Selection:
    """What was taken for one class, and how far each category stayed below its quota."""

    taken: list[Candidate] = field(default_factory=list)
    short: dict[str, int] = field(default_factory=dict)
    below_floor: tuple[str, ...] = ()


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
    """Return the candidates in the order of their hash rank."""
    return sorted(candidates, key=lambda c: (rank(seed, "select", c.response.id), c.response.id))


def round_robin(candidates: Sequence[Candidate], count: int) -> list[Candidate]:
    """Return up to `count` candidates, one of each subcategory in turn, in their given order."""
    queues: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        queues.setdefault(candidate.request.subcategory, []).append(candidate)
    taken: list[Candidate] = []
    depth = 0
    while len(taken) < count and any(depth < len(queue) for queue in queues.values()):
        layer = [queues[name][depth] for name in sorted(queues) if depth < len(queues[name])]
        taken += layer[: count - len(taken)]
        depth += 1
    return taken


def select(
    candidates: Sequence[Candidate], target: int, weights: Mapping[str, int], floor: float
) -> Selection:
    """Return up to `target` candidates of one class, spread evenly.

    Each category fills its quota first; what others lack is then filled from what is left.
    A category is short if it is below its floor, or below its quota while the class as a
    whole is.
    """
    shares = quotas(target, weights)
    own = {
        name: round_robin([c for c in candidates if c.request.category == name], quota)
        for name, quota in shares.items()
    }
    taken = [candidate for rows in own.values() for candidate in rows]
    chosen = {candidate.response.id for candidate in taken}
    rest = [c for c in candidates if c.response.id not in chosen]
    taken += round_robin(rest, target - len(taken))
    below = tuple(name for name, quota in shares.items() if len(own[name]) < floor * quota)
    incomplete = len(taken) < target
    short = {
        name: quota - len(own[name])
        for name, quota in shares.items()
        if name in below or (incomplete and len(own[name]) < quota)
    }
    return Selection(taken, short, below)
