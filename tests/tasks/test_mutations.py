"""Trajectories spoilt in one way: that way, and no other."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.ids import rng
from schemas.messages import Message, ToolCall
from schemas.rows import MutationKind
from tasks.judging.saying import says
from tasks.mutations import MUTATORS, Worked
from tests.tasks.trajectories import FITS, worked

NUMBERS = st.integers(0, 13)
SEEDS = st.integers(0, 2**32)
ARGUMENTS: tuple[MutationKind, ...] = (
    "argument_dropped", "argument_altered", "argument_invented",
)  # fmt: skip


def own(turns: Sequence[Message]) -> list[Message]:
    """Return the agent's turns."""
    return [turn for turn in turns if turn.role == "assistant"]


def calls(turns: Sequence[Message]) -> list[ToolCall]:
    """Return all calls."""
    return [call for turn in turns for call in turn.tool_calls]


def spoilt(kind: MutationKind, of: Worked, seed: int) -> tuple[Message, ...]:
    """Return the turns of a spoilt trajectory, of one that can be spoilt so."""
    turns = MUTATORS[kind](of, rng(seed))
    assert turns is not None
    return turns


@pytest.mark.parametrize("kind", ARGUMENTS)
@settings(max_examples=40, deadline=None)
@given(NUMBERS, SEEDS)
def test_arguments_are_spoilt_in_one_place_of_one_call(
    kind: MutationKind, number: int, seed: int
) -> None:
    """The other calls and all texts are as they were."""
    of = worked(number)
    turns = spoilt(kind, of, seed)
    assert [turn.content for turn in turns] == [turn.content for turn in own(of.turns)]
    pairs = zip(calls(of.turns), calls(turns), strict=True)
    ((before, after),) = [(a, b) for a, b in pairs if a != b]
    assert (before.id, before.name) == (after.id, after.name)
    names = {*before.arguments, *after.arguments}
    changed = [n for n in names if before.arguments.get(n) != after.arguments.get(n)]
    assert len(changed) == 1
    assert (changed[0] in after.arguments) == (kind != "argument_dropped")


@pytest.mark.parametrize("kind", ["argument_altered", "argument_invented"])
@settings(max_examples=40, deadline=None)
@given(NUMBERS, SEEDS)
def test_another_value_fits_the_schema(kind: MutationKind, number: int, seed: int) -> None:
    """A call is not given away by its form."""
    of = worked(number)
    assert all(FITS(call.name, call.arguments) for call in calls(spoilt(kind, of, seed)))


@settings(max_examples=40, deadline=None)
@given(NUMBERS, SEEDS)
def test_an_invented_value_was_never_said(number: int, seed: int) -> None:
    """Neither in the request nor in what was observed."""
    of = worked(number)
    turns = spoilt("argument_invented", of, seed)
    before = [call.arguments for call in calls(of.turns)]
    after = [call.arguments for call in calls(turns)]
    ((old, new),) = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    (value,) = [value for name, value in new.items() if old.get(name) != value]
    assert not says(of.known, value[0] if isinstance(value, list) else value)


@settings(max_examples=40, deadline=None)
@given(NUMBERS, SEEDS)
def test_a_repeated_call_is_made_twice_in_a_row(number: int, seed: int) -> None:
    """Under an id of its own; all else stays."""
    of = worked(number)
    turns = spoilt("call_repeated", of, seed)
    made = calls(turns)
    ids = [call.id for call in made]
    (again,) = [n for n, call in enumerate(made) if call.id.endswith("_again")]
    assert made[again].arguments == made[again - 1].arguments
    assert made[again].name == made[again - 1].name
    assert len(set(ids)) == len(ids)
    assert [*made[:again], *made[again + 1 :]] == calls(of.turns)


@settings(max_examples=40, deadline=None)
@given(NUMBERS, SEEDS)
def test_a_skipped_call_is_gone_with_its_turn(number: int, seed: int) -> None:
    """No turn is left without words and calls."""
    of = worked(number)
    turns = spoilt("call_skipped", of, seed)
    assert len(calls(turns)) == len(calls(of.turns)) - 1
    assert all(turn.content or turn.tool_calls for turn in turns)
    assert turns[-1] == of.turns[-1]


def test_one_of_two_calls_in_a_turn_is_skipped_alone() -> None:
    """The other call of the turn stays."""
    of = worked(2)
    first, _, second, *rest = of.turns
    both = first.model_copy(update={"tool_calls": (*first.tool_calls, *second.tool_calls)})
    joined = Worked((both, *rest), of.made, of.steps, of.told, of.catalogue, of.fits)
    left = [len(spoilt("call_skipped", joined, seed)[0].tool_calls) for seed in range(20)]
    assert {*left} == {1, 2}


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_a_contradicting_answer_differs_in_a_fact_that_was_known(seed: int) -> None:
    """What it becomes was never known; all before it is as it was."""
    of = worked(5, "Done: the text went to 919-555-0136, after 77 tries.")
    turns = spoilt("answer_contradicts", of, seed)
    assert turns[:-1] == of.turns[:-1]
    said = turns[-1].content or ""
    assert "77 tries" in said
    assert "919-555-0136" not in said


def test_an_answer_without_facts_can_contradict_nothing() -> None:
    """There is no copy then."""
    assert MUTATORS["answer_contradicts"](worked(5), rng(1)) is None


def test_a_call_that_another_could_stand_in_for_is_left_alone() -> None:
    """A look at more than was asked for can be skipped, so it is no fault if it is."""
    of = worked(2)
    twice = Worked(
        (*of.turns[:2], *of.turns), (of.made[0], *of.made), of.steps, of.told, of.catalogue, of.fits
    )
    assert {call.done.call.name for call in twice.step_calls} == {
        done.call.name for done in of.made[1:]
    }


def test_a_default_is_no_argument_to_drop() -> None:
    """Leaving it out changes nothing."""
    for number in range(14):
        of = worked(number)
        for seed in range(10):
            left = calls(spoilt("argument_dropped", of, seed))
            ((a, b),) = [p for p in zip(calls(of.turns), left, strict=True) if p[0] != p[1]]
            (name,) = a.arguments.keys() - b.arguments.keys()
            tool = of.catalogue.tools[a.name]
            properties: dict[str, dict[str, object]] = tool.parameters["properties"]  # type: ignore[assignment]  # JSON
            assert properties[name].get("default") != a.arguments[name]
