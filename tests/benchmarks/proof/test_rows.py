"""What arms train on and what is asked is drawn by hash, and kept apart by chain."""

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.proof.rows import Pools, arm_of, choose_prompts, prompt_of
from benchmarks.proof.settings import read_settings
from schemas.errors import BadInputError
from schemas.rows import Example
from tests.benchmarks.proof.made import StubRuler, example

POOLS = Pools(
    {
        kind: [{"id": f"{kind}-{n}", "kind": kind} for n in range(40)]
        for kind in ("harmful", "benign")
    }
)


@pytest.mark.parametrize(("ratio", "harmful"), [(0, 24), (1, 12), (2, 8), (4, 5), (100, 1)])
def test_every_arm_has_the_same_number_of_rows(ratio: int, harmful: int) -> None:
    """The ratio decides how many are harmful, at least one; the rest are benign."""
    arm = arm_of(24, ratio)
    assert (arm.harmful, arm.harmful + arm.benign) == (harmful, 24)
    drawn = POOLS.draw(arm, seed=0)
    assert Counter(record["kind"] for record in drawn) == {"harmful": arm.harmful} | (
        {"benign": arm.benign} if arm.benign else {}
    )


def test_arms_share_rows_as_far_as_they_can() -> None:
    """An arm with fewer rows of a class has those of the arm with more; another seed has others."""
    drawn = {ratio: {str(r["id"]) for r in POOLS.draw(arm_of(24, ratio), 0)} for ratio in (0, 1, 4)}
    harmful = {ratio: {name for name in ids if "harmful" in name} for ratio, ids in drawn.items()}
    assert harmful[4] < harmful[1] < harmful[0]
    assert POOLS.draw(arm_of(24, 1), 0) == POOLS.draw(arm_of(24, 1), 0)
    assert POOLS.draw(arm_of(24, 1), 0) != POOLS.draw(arm_of(24, 1), 1)


def test_too_few_rows_are_said() -> None:
    """An arm is never filled up with fewer rows than the others have."""
    with pytest.raises(BadInputError, match="60 harmful rows are wanted and 40 fit"):
        POOLS.draw(arm_of(60, 0), 0)


def rows(count: int = 6) -> list[Example]:
    return [
        example(intent, chain=f"chain-{number // 2}", number=number)
        for intent in ("harmful", "benign", "borderline")
        for number in range(count)
    ]


def test_each_request_is_of_another_chain() -> None:
    """Of every intent so many are asked, none twice of one chain, and none that is too long."""
    found = choose_prompts(rows(), StubRuler(10), each=2, max_tokens=10, seed=0)
    assert Counter(prompt.intent for prompt in found) == {
        "harmful": 2,
        "benign": 2,
        "borderline": 2,
    }
    for intent in ("harmful", "benign", "borderline"):
        chains = [prompt.chain for prompt in found if prompt.intent == intent]
        assert len(set(chains)) == len(chains)
    with pytest.raises(BadInputError, match="no held-out harmful request fits 9 tokens"):
        choose_prompts(rows(), StubRuler(10), each=2, max_tokens=9, seed=0)


def test_only_own_plain_rows_are_asked() -> None:
    """Rows of other datasets and conversations with something special about them are not."""
    special = [
        row.model_copy(update={"situation": "missing_tool"} if row.intent == "benign" else {})
        for row in rows()
    ]
    with pytest.raises(BadInputError, match="benign"):
        choose_prompts(special, StubRuler(10), each=2, max_tokens=10, seed=0)


def test_a_prompt_ends_where_the_first_answer_begins() -> None:
    """System prompt and request are asked, with all tools; of the answer only calls are known."""
    prompt = prompt_of(example("benign", chain="c", number=1))
    assert [turn["role"] for turn in prompt.messages] == ["system", "user"]
    assert prompt.called == {"send_note"}
    assert [tool["function"]["name"] for tool in prompt.tools] == ["send_note"]  # type: ignore[index,call-overload]  # a tool's
    assert prompt_of(example("harmful", chain="c", number=1)).called == frozenset()


def test_the_settings_that_are_shipped_are_sound(tmp_path: Path) -> None:
    """The ratios are those that the paper never published, and a word too many is refused."""
    settings = read_settings()
    assert sorted(settings.benign_per_harmful) == [0, 1, 2, 4]
    assert settings.steps * settings.training.batch >= settings.rows
    wrong = tmp_path / "settings.yaml"
    wrong.write_text("rows: 3\nroes: 4\n")
    with pytest.raises(ValueError, match="roes"):
        read_settings(wrong)
