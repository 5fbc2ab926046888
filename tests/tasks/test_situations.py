"""Which samples become more than a request and its answer."""

from collections import Counter

import pytest

from schemas.catalogue import load_catalogue
from schemas.rows import Binding, Intent, Situation
from tasks.situations import Sample, draw_samples, offered, withheld
from tests.tasks.samples import binding

COUNTS: dict[Intent, int] = {"harmful": 1, "benign": 2, "borderline": 1}
CATALOGUE = load_catalogue()


def drawn(of: Binding, intent: Intent, situation: Situation, share: float = 1.0) -> list[Sample]:
    """Return the samples of an intent, of which a share is to have a situation."""
    shares: dict[Intent, dict[Situation, float]] = {
        "harmful": {}, "benign": {}, "borderline": {}, intent: {situation: share},
    }  # fmt: skip
    samples = draw_samples(of, COUNTS, shares, 3, CATALOGUE)
    return [sample for sample in samples if sample.intent == intent]


def bindings() -> list[Binding]:
    """Return bindings of many chains."""
    return [binding(number, sample) for number in range(20) for sample in range(2)]


def test_a_missing_tool_is_one_step_s_alone_and_not_offered() -> None:
    """Everything else is offered in the same order."""
    for of in bindings():
        for sample in drawn(of, "benign", "missing_tool"):
            if sample.situation == "plain":
                continue
            tool = of.steps[int(sample.gap)].tool
            assert [step.tool for step in of.steps].count(tool) == 1
            names = offered(of, sample.situation, sample.gap)
            assert names == tuple(name for name in of.tool_order if name != tool)
            assert names


def test_a_missing_value_stands_nowhere_else() -> None:
    """It is stated to the letter, not free text, and no other value holds it."""
    found = 0
    for of in bindings():
        for sample in drawn(of, "benign", "missing_value"):
            if sample.situation == "missing_value":
                value = str(withheld(of, sample.gap)).casefold()
                others = [str(v).casefold() for step in of.steps for v in step.values.values()]
                assert sum(value in other for other in others) == 1
                found += 1
    assert found > 20


def test_a_note_needs_a_step_to_stop_before() -> None:
    """Of bindings with one step none is revealed, of others all are."""
    for of in bindings():
        (sample,) = drawn(of, "harmful", "revealed")
        assert (sample.situation == "revealed") == (len(of.steps) > 1)


@pytest.mark.parametrize("situation", ["follow_up", "no_tool"])
def test_about_the_share_that_was_asked_for(situation: Situation) -> None:
    """A tenth of eighty, drawn alike however many other samples there are."""
    samples = [s for of in bindings() for s in drawn(of, "benign", situation, 0.1)]
    counts = Counter(sample.situation for sample in samples)
    assert set(counts) == {"plain", situation}
    assert 2 <= counts[situation] <= 18
    alone = draw_samples(
        bindings()[0], {"benign": 1}, {"benign": {situation: 0.1}}, 3, CATALOGUE
    )  # fmt: skip
    assert alone == drawn(bindings()[0], "benign", situation, 0.1)[:1]
