"""Splits by chain."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.audit.splits import ENOUGH, ChainFacts, Shares, Split, splits
from tasks.selection import Label

SHARES = Shares(validation=0.1, test=0.2)
BOTH: frozenset[Label] = frozenset({"harmful", "benign"})

FACTS = st.builds(
    ChainFacts,
    category=st.sampled_from(["a", "b", "c"]),
    labels=st.frozensets(st.sampled_from(sorted(BOTH)), min_size=1),
    uses=st.frozensets(st.sampled_from(["mail", "Crypto", "shop"])),
)
CHAINS = st.dictionaries(st.integers(0, 10**6).map("chain-{}".format), FACTS, max_size=40)
ANY_SHARES = st.builds(Shares, validation=st.floats(0, 0.4), test=st.floats(0, 0.4))


def facts(
    count: int, category: str = "a", labels: frozenset[Label] = BOTH, name: str = "chain"
) -> dict[str, ChainFacts]:
    """Return chains of a category."""
    of = ChainFacts(category, labels, frozenset())
    return {f"{name}-{category}-{n}": of for n in range(count)}


def count(found: dict[str, Split], chains: dict[str, ChainFacts]) -> Counter[Split]:
    """Return how many of these chains are in each split."""
    return Counter(found[chain] for chain in chains)


@settings(deadline=None)
@given(CHAINS, ANY_SHARES, st.integers(0, 9), st.randoms(use_true_random=False))
def test_every_chain_has_one_split_whatever_the_order(
    chains: dict[str, ChainFacts], shares: Shares, seed: int, dice: object
) -> None:
    """All are covered, and the order in which they come changes nothing."""
    found = splits(chains, shares, seed, {"Crypto"})
    assert found.keys() == chains.keys()
    backwards = dict(reversed(chains.items()))
    assert splits(backwards, shares, seed, {"Crypto"}) == found


@settings(deadline=None)
@given(CHAINS, CHAINS, st.integers(0, 9))
def test_other_categories_have_no_say(
    chains: dict[str, ChainFacts], others: dict[str, ChainFacts], seed: int
) -> None:
    """Chains of category a keep their split whatever else there is."""
    own = {chain: each for chain, each in chains.items() if each.category == "a"}
    foreign = {chain: each for chain, each in others.items()
               if each.category != "a" and chain not in own}  # fmt: skip
    together = splits(own | foreign, SHARES, seed)
    assert {chain: together[chain] for chain in own} == splits(own, SHARES, seed)


@settings(deadline=None)
@given(CHAINS, st.integers(0, 9))
def test_what_is_held_out_is_in_test_alone(chains: dict[str, ChainFacts], seed: int) -> None:
    """No chain of training or validation uses it; the others are split as if it were not there."""
    found = splits(chains, SHARES, seed, {"Crypto", "shop"})
    held = {chain for chain, each in chains.items() if each.uses & {"Crypto", "shop"}}
    assert {found[chain] for chain in held} <= {"test"}
    rest = {chain: each for chain, each in chains.items() if chain not in held}
    assert {chain: found[chain] for chain in rest} == splits(rest, SHARES, seed)


@settings(deadline=None)
@given(st.integers(1, 200), ANY_SHARES, st.integers(0, 9))
def test_a_category_gets_its_shares(number: int, shares: Shares, seed: int) -> None:
    """To the nearest chain, at least one where there are enough, as long as training has one."""
    found = Counter(splits(facts(number), shares, seed).values())
    wanted_shares: dict[Split, float] = {"test": shares.test, "validation": shares.validation}
    for split, share in wanted_shares.items():
        least = 1 if share and number >= ENOUGH else 0
        wanted = max(least, share * number)
        assert abs(found[split] - wanted) <= 0.5 + 1e-9 or found["train"] == 1
    assert found["train"] >= 1


def test_mixes_of_classes_are_in_every_split() -> None:
    """Forty chains of one class, twenty of the other and ten of both give each its share."""
    parts = [
        facts(40, labels=frozenset({"harmful"}), name="h"),
        facts(20, labels=frozenset({"benign"}), name="b"),
        facts(10, name="both"),
    ]
    found = splits(parts[0] | parts[1] | parts[2], SHARES, seed=3)
    assert [count(found, part)["test"] for part in parts] == [8, 4, 2]
    assert [count(found, part)["validation"] for part in parts] == [4, 2, 1]


def test_one_more_chain_moves_few() -> None:
    """A chain that joins its category moves at most one across each cut."""
    chains = facts(60)
    before = splits(chains, SHARES, seed=1)
    after = splits(chains | facts(1, name="new"), SHARES, seed=1)
    assert sum(after[chain] != before[chain] for chain in chains) <= 2


def test_another_seed_splits_otherwise() -> None:
    """The shares stay, the chains in them change."""
    one, other = splits(facts(60), SHARES, seed=1), splits(facts(60), SHARES, seed=2)
    assert one != other
    assert Counter(one.values()) == Counter(other.values())


@pytest.mark.parametrize(
    ("number", "wanted"),
    [(1, {"train": 1}), (2, {"train": 2}), (3, {"test": 1, "train": 2}),
     (ENOUGH, {"test": 1, "validation": 1, "train": 3})],
)  # fmt: skip
def test_few_chains_are_for_training_first(number: int, wanted: dict[str, int]) -> None:
    """A category too small for its shares has less in validation and test."""
    assert Counter(splits(facts(number), SHARES, seed=0).values()) == wanted
