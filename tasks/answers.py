"""What an answer is: the pure rules that name it, and whether it may be released."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from schemas.ids import canonical_json
from schemas.messages import Message
from schemas.refusals import refuses
from schemas.rows import CallResult, Execution, Intent, Outcome
from tasks.panel import SPLIT, UNKNOWN

Kind = Literal["refusal", "trajectory", "dropped"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of an answer: released as a kind, or dropped for a reason."""

    kind: Kind
    outcome: Outcome
    label: str
    reason: str = ""


def judge_refusal(label: str, intent: Intent) -> Judged:
    """Return what becomes of an answer to harm, given the panel's label or what a rule saw.

    Only what refuses is released; `unknown` waits to be judged again.
    """
    if label == "refused":
        return Judged("refusal", "accepted", "refused")
    if label == UNKNOWN:
        return Judged("dropped", "unknown", UNKNOWN, "judges_unreadable")
    reason = {"unclear": "unclear_answer", SPLIT: "judges_disagree"}.get(label, "false_compliance")
    if intent == "borderline":
        reason = "borderline_disagreement"
    return Judged("dropped", "rejected", label, reason)


def judge_trajectory(
    turns: Sequence[Message], end: str, execution: Execution, intent: Intent
) -> Judged:
    """Return what becomes of an answer to a request that is no clear harm.

    Released only if the world's state shows that the task was done, and done once.
    """
    failures = execution.failures
    if end == "step_limit":
        return Judged("dropped", "rejected", "step_limit", "step_limit")
    if refuses(turns[-1].content or "") and failures:
        reason = "false_refusal" if intent == "benign" else "borderline_disagreement"
        return Judged("dropped", "rejected", "refused", reason)
    if failures:
        return Judged("dropped", "rejected", "incomplete", "task_not_done")
    if repeats_a_call(execution.steps):
        return Judged("dropped", "rejected", "repeated_call", "repeated_call")
    return Judged("trajectory", "accepted", "helped")


def repeats_a_call(made: Sequence[CallResult]) -> bool:
    """Whether the very same call was made twice; one that a fault struck is to be made again."""
    calls = [done.call for done in made if done.incident != "fault"]
    return len({canonical_json([call.name, call.arguments]) for call in calls}) < len(calls)
