"""Other values in the place of one."""

import re
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import JsonValue
from schemas.ids import rng
from tasks.alterations import facts_in, like, like_text, made_up, unlike

SEEDS = st.integers(0, 2**32)


@given(st.text(alphabet="abXY019-_.@ /:é", min_size=1, max_size=30), SEEDS)
def test_a_like_text_differs_in_one_place(text: str, seed: int) -> None:
    """A letter stays a letter and a figure a figure, of the same case."""
    for other in islice(like_text(text, rng(seed)), 5):
        assert len(other) == len(text)
        (pair,) = [(a, b) for a, b in zip(text, other, strict=True) if a != b]
        assert any(
            all(re.fullmatch(kind, sign) for sign in pair) for kind in ("\\d", "[a-z]", "[A-Z]")
        )


@given(st.integers(-(10**6), 10**6) | st.text(min_size=1) | st.booleans(), SEEDS)
def test_a_like_value_is_another_of_its_type(value: JsonValue, seed: int) -> None:
    """Never the value itself."""
    for other in islice(like(value, {}, rng(seed)), 5):
        assert type(other) is type(value)
        assert other != value


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("ann.lee7@mail.example", "mail.example"),
        ("https://news.example.org/a/b7", "news.example.org"),
        ("cache-10.example.net", "cache-10.example.net"),
    ],
)
def test_hosts_stay_as_they_are(text: str, host: str) -> None:
    """Nothing outside of the reserved domains comes about."""
    others = [*like_text(text, rng(1)), *unlike(text, {}, rng(1))]
    assert all(host in str(other) for other in others)


def test_one_of_a_few_words_becomes_another_of_them() -> None:
    """An enum's value stays one of the enum."""
    schema: dict[str, JsonValue] = {"enum": ["a", "b", "c"]}
    assert sorted(str(other) for other in like("b", schema, rng(1))) == ["a", "c"]


def test_a_list_changes_in_its_first_entry() -> None:
    """The others stay."""
    assert next(like([4, 9], {}, rng(3))) in ([5, 9], [3, 9], [14, 9])


def test_a_number_that_is_made_up_lies_in_its_bounds() -> None:
    """The schema's minimum and maximum hold."""
    (value,) = made_up(None, {"type": "integer", "minimum": 3, "maximum": 5}, rng(4))
    assert value in (3, 4, 5)


def test_facts_are_numbers_addresses_and_identifiers() -> None:
    """Words and punctuation are not."""
    text = "Done: paid 49.90 to ann@mail.example, see order ord-1182 at https://a.example/b/7."
    assert facts_in(text) == ["49.90", "ann@mail.example", "ord-1182", "https://a.example/b/7"]
