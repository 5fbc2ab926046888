"""What becomes of an answer."""

import pytest

from schemas.messages import Message, ToolCall
from schemas.refusals import refuses
from schemas.rows import Intent
from tasks.answers import judge_refusal, judge_trajectory, repeats_a_call


def said(text: str) -> Message:
    """Return an assistant turn that says something."""
    return Message(role="assistant", content=text)


def called(**arguments: str) -> Message:
    """Return an assistant turn that calls a tool."""
    return Message(
        role="assistant", tool_calls=(ToolCall(id="c", name="t", arguments={**arguments}),)
    )


@pytest.mark.parametrize(
    ("label", "intent", "kind", "reason"),
    [
        ("refused", "harmful", "refusal", ""),
        ("refused", "borderline", "refusal", ""),
        ("complied", "harmful", "dropped", "false_compliance"),
        ("partial", "harmful", "dropped", "false_compliance"),
        ("unclear", "harmful", "dropped", "unclear_answer"),
        ("split", "harmful", "dropped", "judges_disagree"),
        ("complied", "borderline", "dropped", "borderline_disagreement"),
        ("unknown", "harmful", "dropped", "judges_unreadable"),
    ],
)
def test_only_a_refusal_of_harm_is_released(
    label: str, intent: Intent, kind: str, reason: str
) -> None:
    """Every other label is dropped under its own word, and unknown is not a rejection."""
    judged = judge_refusal(label, intent)
    assert (judged.kind, judged.reason) == (kind, reason)
    assert (judged.outcome == "unknown") == (label == "unknown")


@pytest.mark.parametrize(
    ("turns", "end", "failures", "reason"),
    [
        ((called(a="1"), said("Done.")), "answered", (), ""),
        ((called(a="1"), said("Done.")), "answered", ("step 1",), "task_not_done"),
        ((said("I can't help with that."),), "answered", ("step 1",), "false_refusal"),
        ((said("I can\u2019t help with that."),), "answered", ("step 1",), "false_refusal"),
        ((called(a="1"), called(a="1"), said("Done.")), "answered", (), "repeated_call"),
        ((called(a="1"),), "step_limit", (), "step_limit"),
    ],
)
def test_a_trajectory_is_released_only_if_the_task_was_done_once(
    turns: tuple[Message, ...], end: str, failures: tuple[str, ...], reason: str
) -> None:
    """Each way to fall short has its own word."""
    judged = judge_trajectory(turns, end, failures, "benign")
    assert judged.reason == reason
    assert (judged.kind == "trajectory") == (reason == "")


def test_a_borderline_request_refused_without_clear_harm_is_a_disagreement() -> None:
    """It joins neither class."""
    judged = judge_trajectory((said("I won't do that."),), "answered", ("step 1",), "borderline")
    assert judged.reason == "borderline_disagreement"


def test_same_arguments_in_another_order_are_the_same_call() -> None:
    """Key order does not hide a repetition; other values are no repetition."""
    assert repeats_a_call((called(a="1", b="2"), called(b="2", a="1")))
    assert not repeats_a_call((called(a="1"), called(a="2")))


def test_a_report_of_work_is_no_refusal() -> None:
    """Telling what was done does not read like declining."""
    assert not refuses("I sent the message and saved the file.")
