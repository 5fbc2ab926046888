"""Diversity of requests."""

import random
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.audits import ALL, Diversity, Evenness, Likeness
from schemas.rows import Intent
from tasks.audit.diversity import SAMPLE, Asked, audit_diversity, distinct, evenness, likeness

SETS = st.lists(st.frozensets(st.integers(0, 9).map(str), min_size=1), min_size=2, max_size=6)


def asked(text: str, intent: Intent = "benign", chain: str = "c", *tools: str) -> Asked:
    """Return a request."""
    return Asked(intent=intent, chain=chain, tools=tools, text=text)


def measure(*requests: Asked) -> Diversity:
    """Return the figures of all requests."""
    return audit_diversity(requests).intents[ALL]


def test_one_text_many_times_has_no_variety() -> None:
    """Its n-grams repeat, every pair is equal, and one chain is no choice."""
    found = measure(*[asked("send a note to the team", "benign", "c", "mail")] * 10)
    assert found.distinct_1 == found.distinct_2 == found.distinct_3 == 0.1
    assert found.five_grams == found.words == Likeness(mean=1.0, nearest=1.0)
    assert found.chains == found.tools == Evenness(bits=0.0, relative=None, names=1)


def test_texts_without_a_word_in_common_are_as_varied_as_can_be() -> None:
    """All n-grams differ, and nothing is alike."""
    found = measure(*[asked(" ".join(f"w{n}x{i}" for i in range(9))) for n in range(5)])
    assert found.distinct_1 == found.distinct_2 == found.distinct_3 == 1
    assert found.five_grams == found.words == Likeness(mean=0.0, nearest=0.0)


def test_intents_are_measured_apart_and_together() -> None:
    """Four benign requests for one tool and four harmful ones for two."""
    requests = [asked(f"do thing {n}", "benign", "c", "mail") for n in range(4)]
    requests += [asked(f"do it {n}", "harmful", f"c{n}", "mail", "pay") for n in range(4)]
    found = audit_diversity(requests).intents
    assert list(found) == [ALL, "benign", "harmful"]
    assert [found[name].requests for name in found] == [8, 4, 4]
    assert found["harmful"].tools == Evenness(bits=1.0, relative=1.0, names=2)
    assert found["harmful"].chains == Evenness(bits=2.0, relative=1.0, names=4)
    assert found["benign"].chains.bits == 0


def test_lengths_are_those_of_requests_that_exist() -> None:
    """Of 1 to 20 words the median is 10 and the 95th percentile 19."""
    found = measure(*[asked("no " * n) for n in range(1, 21)])
    assert (found.length_words.p50, found.length_words.p95) == (10, 19)
    assert (found.length_characters.p50, found.length_characters.p95) == (30, 57)


def test_a_larger_set_of_the_same_kind_is_as_varied() -> None:
    """Distinct n-grams are counted in a sample: four times as many requests change little."""
    dice = random.Random(0)
    texts = [" ".join(dice.choices([f"w{n}" for n in range(400)], k=12)) for _ in range(4 * SAMPLE)]
    small, large = measure(*map(asked, texts[:SAMPLE])), measure(*map(asked, texts))
    assert (large.requests, large.sampled) == (4 * SAMPLE, SAMPLE)
    assert large.distinct_2 == pytest.approx(small.distinct_2, abs=0.01)


def test_nothing_asked_is_nothing_measured() -> None:
    """Without requests there are no figures; of one there is no pair, and nothing without words."""
    assert audit_diversity([]).intents == {}
    assert measure(asked("?")).words == Likeness(mean=None, nearest=None)
    assert measure(asked("?")).distinct_1 is None


@settings(deadline=None)
@given(st.permutations([asked(f"{a} {b} go", "benign", a, b) for a, b in product("abc", "xyz")]))
def test_order_changes_nothing(requests: list[Asked]) -> None:
    """The figures are the same to the last digit."""
    assert audit_diversity(requests) == audit_diversity(sorted(requests, key=lambda a: a.text))


@settings(deadline=None)
@given(SETS)
def test_likeness_is_that_of_all_pairs(texts: list[frozenset[str]]) -> None:
    """Mean and nearest agree with every pair compared in full."""
    alike = {(i, j): len(texts[i] & texts[j]) / len(texts[i] | texts[j])
             for i, j in combinations(range(len(texts)), 2)}  # fmt: skip
    nearest = [max(v for pair, v in alike.items() if i in pair) for i in range(len(texts))]
    found = likeness(texts)
    assert found.mean == pytest.approx(sum(alike.values()) / len(alike))
    assert found.nearest == pytest.approx(sum(nearest) / len(nearest))


@settings(deadline=None)
@given(st.lists(st.sampled_from("abcde"), min_size=1))
def test_evenness_is_highest_for_an_even_spread(names: list[str]) -> None:
    """Entropy is within its bounds, and relative to them exactly 1 if all names are as common."""
    found = evenness(names)
    assert found.bits >= 0
    if found.relative is not None:
        assert 0 < found.relative <= 1 + 1e-12
    assert evenness(["a", "b", "c"] * len(names)).relative == pytest.approx(1)


def test_distinct_counts_every_run() -> None:
    """Of four pairs of words in `a b a b a`, two differ."""
    assert distinct([list("ababa")], 2) == 0.5
