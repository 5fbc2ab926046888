"""Ids and draws depend on content alone."""

import random

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import canonical_json, digest, rank, rng, row_id, set_digest, share

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=6), st.randoms(use_true_random=False))
def test_an_id_does_not_depend_on_the_order_of_keys(
    value: dict[str, object], shuffle: random.Random
) -> None:
    """The same mapping in another order, at the top or nested, has the same bytes and id."""
    items = list(value.items())
    shuffle.shuffle(items)
    assert canonical_json([value]) == canonical_json([dict(items)])
    assert row_id("chain", {"in": value}) == row_id("chain", {"in": dict(items)})


@given(JSON, JSON)
def test_other_content_has_another_digest(one: object, other: object) -> None:
    """Digests are equal exactly if the canonical bytes are."""
    assert (digest(one) == digest(other)) == (canonical_json(one) == canonical_json(other))


def test_parts_are_not_run_together() -> None:
    """Where one part ends and the next begins counts, and so does the stage."""
    assert digest("ab", "c") != digest("a", "bc") != digest(["a", "bc"])
    assert row_id("chain", "a") != row_id("plan", "a")
    assert row_id("chain", "a").split("-")[1] != row_id("plan", "a").split("-")[1]


def test_an_id_stays_what_it_was() -> None:
    """Ids are part of every store: their form does not change by accident."""
    assert canonical_json({"b": [1, 2.5], "a": "é"}) == '{"a":"é","b":[1,2.5]}'.encode()
    assert row_id("chain", "x", 1) == "chain-c609ba0d1fc7206b8163"


@given(st.lists(st.text(max_size=4), max_size=6), st.randoms(use_true_random=False))
def test_the_digest_of_a_set_does_not_depend_on_its_order(
    digests: list[str], shuffle: random.Random
) -> None:
    """Shuffling changes nothing; one more member does."""
    shuffled = digests[:]
    shuffle.shuffle(shuffled)
    assert set_digest(digests) == set_digest(shuffled)
    assert set_digest(digests) != set_digest([*digests, "more"])


@given(st.integers(0, 2**53), st.text(max_size=8))
def test_a_draw_depends_on_seed_and_parts_alone(seed: int, part: str) -> None:
    """Drawing again, in any company, gives the same; another part gives another."""
    assert rank(seed, part) == rank(seed, part)
    assert 0 <= share(seed, part) < 1
    assert rng(seed, part).random() == rng(seed, part).random()
    assert rank(seed, part) != rank(seed, part, "more")
    assert rank(seed, part) != rank(seed + 1, part)


def test_draws_are_spread_evenly() -> None:
    """Of 4,000 draws about a tenth lies in each tenth."""
    counts = [0] * 10
    for number in range(4000):
        counts[int(share(7, "even", number) * 10)] += 1
    assert all(320 < count < 480 for count in counts)
