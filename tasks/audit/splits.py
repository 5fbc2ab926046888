"""Which split a chain's rows are in: whole chains, and every category in every split."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from schemas.ids import rank
from tasks.selection import Label, quotas

Split = Literal["train", "validation", "test"]

ENOUGH = 5  # chains of a category, of which validation and test get one each in any case


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """What of a chain decides on its split."""

    category: str
    labels: frozenset[Label]  # classes of its rows
    uses: frozenset[str]  # tools and API groups, as far as any may be held out


@dataclass(frozen=True, slots=True)
class Shares:
    """The shares of chains, 0 to 1; the rest is for training."""

    validation: float
    test: float


def splits(
    chains: Mapping[str, ChainFacts],
    shares: Shares,
    seed: int,
    held_out: Collection[str] = frozenset(),
) -> dict[str, Split]:
    """Return the split of every chain, by its id.

    A chain that uses what is held out is in test, over and above the share. The others of a
    category are split at the shares, each mix of classes as evenly as whole chains allow, in
    the order of their hash rank. So other categories have no say in it, nor has the order or
    the number of rows.
    """
    held = frozenset(held_out)
    found: dict[str, Split] = {}
    categories: dict[str, list[str]] = defaultdict(list)
    for chain in sorted(chains, key=lambda chain: (rank(seed, "split", chain), chain)):
        if chains[chain].uses & held:
            found[chain] = "test"
        else:
            categories[chains[chain].category].append(chain)
    for own in categories.values():
        found |= _split_category({chain: _mix(chains[chain]) for chain in own}, shares)
    return {chain: found[chain] for chain in sorted(found)}


def _mix(facts: ChainFacts) -> str:
    return "+".join(sorted(facts.labels))


def _split_category(mixes: Mapping[str, str], shares: Shares) -> dict[str, Split]:
    """Return the split of a category's chains, given in their order with their mix of classes."""
    left = dict(mixes)
    found: dict[str, Split] = {}
    test = _count(len(mixes), shares.test, len(mixes) - 1)
    validation = _count(len(mixes), shares.validation, len(mixes) - 1 - test)
    wanted: tuple[tuple[Split, int], ...] = (("test", test), ("validation", validation))
    for split, count in wanted:
        by_mix = quotas(count, Counter(left.values()))
        for chain, mix in [*left.items()]:
            if by_mix[mix]:
                by_mix[mix] -= 1
                found[chain] = split
                del left[chain]
    return found | dict.fromkeys(left, "train")


def _count(chains: int, share: float, most: int) -> int:
    """Return how many of a category's chains a split gets; training keeps at least one."""
    least = 1 if share and chains >= ENOUGH else 0
    return min(most, max(least, int(chains * share + 0.5)))
