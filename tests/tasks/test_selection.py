"""Selection: quotas, floors, and independence of order."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from schemas.rows import Binding, Instruction, Intent, Response, Situation
from tasks.selection import Candidate, by_rank, fill, quotas, select, surely_short


def candidate(
    number: int,
    category: str,
    subcategory: str,
    intent: Intent,
    situation: Situation = "plain",
    binding: int | None = None,
) -> Candidate:
    """Return a sound candidate with made-up ids."""
    where = {"category": category, "subcategory": subcategory}
    request = Instruction(
        id=f"instruction-{number}",
        slot=f"{subcategory}/0/0/{intent}/{number}",
        chain=f"chain-{number % 7}",
        binding=f"binding-{number if binding is None else binding}",
        situation=situation,
        intent=intent,
        sample=0,
        text=f"request number {number}",
        endpoint="e",
        prompt="p@0",
        **where,
    )
    response = Response(
        id=f"response-{number}",
        slot=request.slot,
        instruction=request.id,
        binding=request.binding,
        chain=request.chain,
        intent=intent,
        kind="refusal" if intent == "harmful" else "trajectory",
        outcome="accepted",
        label="refused",
        reason="",
        endpoint="e",
        messages=(),
        text_digest="",
        execution=None,
        **where,
    )
    bound = Binding(
        id=request.binding,
        slot=request.slot,
        chain=request.chain,
        steps=(),
        distractors=(),
        tool_order=(),
        world_seed=0,
        system_prompt=None,
        system_prompt_name="none",
        **where,
    )
    return Candidate(response, request, bound)


WEIGHTS = {"a": 2, "b": 1}
POOL = [candidate(n, "ab"[n % 3 == 0], f"s{n % 4}", "harmful") for n in range(60)]


@given(st.integers(1, 5000), st.dictionaries(st.text(min_size=1), st.integers(1, 9), min_size=1))
def test_quotas_add_up_to_the_target(target: int, weights: dict[str, int]) -> None:
    """Shares differ from the exact proportion by less than one row and sum to the target."""
    shared = quotas(target, weights)
    assert sum(shared.values()) == target
    total = sum(weights.values())
    assert all(abs(shared[n] - target * w / total) < 1 for n, w in weights.items())


def test_selection_does_not_depend_on_the_order_of_the_pool() -> None:
    """Shuffling the pool changes nothing."""
    shuffled = POOL[:]
    random.Random(1).shuffle(shuffled)
    picks = [select(by_rank(pool, 7), 30, WEIGHTS, 0.8).taken for pool in (POOL, shuffled)]
    assert picks[0] == picks[1]
    assert len(picks[0]) == 30


def test_a_smaller_target_is_met_by_rows_of_the_same_pool() -> None:
    """Nothing is short when the pool is large enough."""
    chosen = select(by_rank(POOL, 7), 12, WEIGHTS, 0.8)
    assert (len(chosen.taken), chosen.short, chosen.below_floor) == (12, {}, ())


def test_a_category_short_of_its_quota_is_filled_from_others_and_named() -> None:
    """Category b has 20 rows: for 90 rows all are taken, and both categories are short."""
    chosen = select(by_rank(POOL, 7), 90, WEIGHTS, 0.8)
    assert len(chosen.taken) == 60
    assert chosen.short == {"a": 20, "b": 10}
    assert chosen.below_floor == ("a", "b")


def test_a_category_below_its_floor_is_short_even_if_the_class_is_full() -> None:
    """The other category has enough to fill the class, yet the missing one is named."""
    only_a = [c for c in POOL if c.request.category == "a"]
    chosen = select(by_rank(only_a, 7), 20, WEIGHTS, 0.8)
    assert len(chosen.taken) == 20
    assert chosen.short == {"b": 7}
    assert chosen.below_floor == ("b",)


def test_one_of_each_subcategory_is_taken_in_turn() -> None:
    """Four subcategories give four different ones first; what is taken already counts."""
    ranked = by_rank(POOL, 7)
    taken = fill(ranked, 8)
    names = [c.request.subcategory for c in taken]
    assert sorted(names[:4]) == sorted(names[4:]) == ["s0", "s1", "s2", "s3"]
    three = [c for c in ranked if c.request.subcategory != "s0"][:3]
    assert fill(ranked, 1, three)[0].request.subcategory == "s0"
    assert not {c.response.id for c in fill(ranked, 60, taken)} & {c.response.id for c in taken}


def test_parts_have_their_floor_and_what_is_missing_is_counted() -> None:
    """A quarter of category a has to be borderline; of turned rows there are none."""
    few = [candidate(100 + n, "a", "s0", "borderline") for n in range(9)]
    chosen = select(by_rank(POOL + few, 7), 24, WEIGHTS, 0.8, {"borderline": 0.25, "turned": 0.1})
    in_a = [c for c in chosen.taken if c.request.category == "a"]
    assert sum(c.part == "borderline" for c in in_a) >= 4
    assert chosen.thin == {("a", "turned"): 1, ("b", "borderline"): 2}


STARTS: tuple[tuple[Intent, int], ...] = (("harmful", 0), ("benign", 100))


def test_both_classes_are_picked_from_the_same_bindings() -> None:
    """Ten harmful and ten benign rows of thirty bindings are mostly of the same ten."""
    pools = [
        [candidate(n, "a", "s0", intent, binding=n % 100) for n in range(start, start + 30)]
        for intent, start in STARTS
    ]
    harmful, benign = (
        {c.binding.id for c in select(by_rank(pool, 3), 10, {"a": 1}, 0.8).taken} for pool in pools
    )
    assert harmful == benign


@given(st.lists(st.sampled_from("abc"), max_size=40), st.integers(1, 50), st.floats(0, 1))
def test_what_is_surely_short_is_what_a_selection_finds_short(
    categories: list[str], target: int, floor: float
) -> None:
    """Where no candidate is left out before, the counts alone name the same categories."""
    weights = {"a": 3, "b": 1, "c": 2}
    pool = [candidate(n, name, f"s{n % 2}", "harmful") for n, name in enumerate(categories)]
    selection = select(pool, target, weights, floor)
    assert surely_short(Counter(categories), target, weights, floor) == [*selection.short]
