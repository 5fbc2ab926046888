"""Identity: the same content, the same id, whoever asks."""

import os
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import canonical_json, rank, rng, row_id, set_digest, share

Json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), Json))
def test_key_order_does_not_matter(value: dict[str, object]) -> None:
    """An object and the same one reversed have one byte form and one id."""
    other = dict(reversed(value.items()))
    assert canonical_json(value) == canonical_json(other)
    assert row_id("chain", value) == row_id("chain", other)


@given(st.lists(st.text(alphabet="0123456789abcdef", min_size=4)))
def test_a_set_digest_does_not_depend_on_order(digests: list[str]) -> None:
    """Rows may arrive in any order."""
    assert set_digest(digests) == set_digest(reversed(digests))


@given(st.integers(0, 2**53), st.text())
def test_draws_depend_on_seed_and_parts_alone(seed: int, part: str) -> None:
    """Drawn twice, a share, a rank and a generator are the same; a share is below one."""
    assert share(seed, part) == share(seed, part) < 1
    assert rank(seed, part) == rank(seed, part)
    assert rng(seed, part).random() == rng(seed, part).random()


def test_ids_do_not_depend_on_the_hash_seed() -> None:
    """Two processes with other hash seeds make the same id."""
    code = "from schemas.ids import row_id; print(row_id('x', {'b': [1], 'a': 'é'}))"
    said = {
        subprocess.check_output(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed}
        )
        for seed in ("1", "2")
    }
    assert len(said) == 1
