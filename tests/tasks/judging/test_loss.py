"""Which turns carry loss."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.messages import Message, ToolCall
from tasks.judging.loss import with_loss

USER = Message(role="user", content="Read it, please.")
DONE = Message(role="assistant", content="I have read it.")


def calls(*ids: str) -> Message:
    """Return an assistant turn that makes calls."""
    made = tuple(ToolCall(id=each, name="read", arguments={"path": each}) for each in ids)
    return Message(role="assistant", tool_calls=made)


def observes(call: str, code: str = "") -> Message:
    """Return what came of a call: an error of a code, or a result."""
    error = f'{{"error":{{"code":"{code}","message":"no"}}}}'
    return Message(role="tool", tool_call_id=call, content=error if code else '{"text":"a"}')


def trained(messages: tuple[Message, ...]) -> list[bool]:
    """Return `train` of the assistant's turns."""
    return [turn.train for turn in messages if turn.role == "assistant"]


def test_a_clean_conversation_stays_as_it_is() -> None:
    """Every assistant turn carries loss, and no other turn is touched."""
    turns = (USER, calls("a"), observes("a"), calls("b"), observes("b"), DONE)
    assert with_loss(turns) == turns


@pytest.mark.parametrize(
    ("code", "faults", "carries"),
    [
        ("file_not_found", (), False),
        ("invalid_arguments", (), False),
        ("unavailable", ("a",), True),
        ("unavailable", ("b",), False),
        ("tool_failed", (), True),
        ("not_simulated", (), True),
    ],
)
def test_a_call_that_failed_by_its_own_fault_is_not_learnt(
    code: str, faults: tuple[str, ...], carries: bool
) -> None:
    """An error that the environment made is none of the agent's; what mends it is learnt."""
    turns = (USER, calls("a"), observes("a", code), calls("b"), observes("b"), DONE)
    assert trained(with_loss(turns, faults)) == [carries, True, True]


def test_one_failed_call_of_several_takes_the_turn_with_it() -> None:
    """Loss is set by turn."""
    turns = (calls("a", "b"), observes("a"), observes("b", "bad_path"), DONE)
    assert trained(with_loss(turns)) == [False, True]


def test_a_late_refusal_can_be_learnt_alone() -> None:
    """What was called before it carries no loss, whether it worked or not."""
    turns = (USER, calls("a"), observes("a"), calls("b"), observes("b", "no_match"), DONE)
    assert trained(with_loss(turns, refused_alone=True)) == [False, False, True]


def test_loss_set_before_is_set_anew() -> None:
    """The result doesn't depend on what `train` was."""
    turns = tuple(
        turn.model_copy(update={"train": False}) for turn in (calls("a"), observes("a"), DONE)
    )
    assert trained(with_loss(turns)) == [True, True]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["", "x", "tool_failed"]), max_size=5), st.booleans())
def test_setting_it_twice_changes_nothing(codes: list[str], refused_alone: bool) -> None:
    """It reads the results, not what it has set."""
    turns = [USER]
    for number, code in enumerate(codes):
        turns += [calls(str(number)), observes(str(number), code)]
    once = with_loss([*turns, DONE], refused_alone=refused_alone)
    assert with_loss(once, refused_alone=refused_alone) == once
    assert once[-1].train
