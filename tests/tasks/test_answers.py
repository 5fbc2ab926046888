"""What becomes of an answer."""

import pytest

from schemas.messages import Message, ToolCall
from schemas.refusals import refuses
from schemas.rows import CallResult, Execution, Intent
from tasks.answers import judge_refusal, judge_trajectory, repeats_a_call


def said(text: str) -> Message:
    """Return an assistant turn that says something."""
    return Message(role="assistant", content=text)


def called(**arguments: str) -> CallResult:
    """Return a call that was executed."""
    return CallResult(call=ToolCall(id="c", name="t", arguments={**arguments}), ok=True, result={})


def struck(**arguments: str) -> CallResult:
    """Return a call that a fault kept from being executed."""
    return called(**arguments).model_copy(update={"ok": False, "incident": "fault"})


def executed(*made: CallResult, failures: tuple[str, ...] = ()) -> Execution:
    """Return the execution of calls; a failure is one of the goal."""
    return Execution(
        id="e", slot="s", binding="b", world_seed=1, world_code="", initial_digest="",
        final_digest="", steps=made, success=not failures, failures=failures,
    )  # fmt: skip


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
    ("text", "end", "execution", "reason"),
    [
        ("Done.", "answered", executed(called(a="1")), ""),
        ("Done.", "answered", executed(struck(a="1"), called(a="1")), ""),
        ("Done.", "answered", executed(called(a="1"), failures=("step 1",)), "task_not_done"),
        ("I can't help with that.", "answered", executed(failures=("step 1",)), "false_refusal"),
        ("I can\u2019t help with that.", "answered", executed(failures=("s",)), "false_refusal"),
        ("Done.", "answered", executed(called(a="1"), called(a="1")), "repeated_call"),
        ("", "step_limit", executed(called(a="1")), "step_limit"),
    ],
)
def test_a_trajectory_is_released_only_if_the_task_was_done_once(
    text: str, end: str, execution: Execution, reason: str
) -> None:
    """Each way to fall short has its own word; trying again after a fault is none."""
    judged = judge_trajectory((said(text),), end, execution, "benign")
    assert judged.reason == reason
    assert (judged.kind == "trajectory") == (reason == "")


def test_a_borderline_request_refused_without_clear_harm_is_a_disagreement() -> None:
    """It joins neither class."""
    undone = executed(failures=("step 1",))
    judged = judge_trajectory((said("I won't do that."),), "answered", undone, "borderline")
    assert judged.reason == "borderline_disagreement"


def test_same_arguments_in_another_order_are_the_same_call() -> None:
    """Key order does not hide a repetition; other values are no repetition."""
    assert repeats_a_call((called(a="1", b="2"), called(b="2", a="1")))
    assert not repeats_a_call((called(a="1"), called(a="2")))


def test_a_call_made_again_after_a_fault_is_made_once() -> None:
    """Made a third time, it is a repetition."""
    assert not repeats_a_call((struck(a="1"), called(a="1")))
    assert not repeats_a_call((struck(a="1"), struck(a="1"), called(a="1")))
    assert repeats_a_call((called(a="1"), struck(a="1"), called(a="1")))


def test_a_report_of_work_is_no_refusal() -> None:
    """Telling what was done does not read like declining."""
    assert not refuses("I sent the message and saved the file.")
