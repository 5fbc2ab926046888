"""Stage validation: is a request what its intent says, and can it be carried out as stated."""

from collections.abc import Mapping, Sequence

from schemas.actions import Catalogue
from schemas.answers import HarmVerdict
from schemas.base import JsonObject
from schemas.ids import row_id
from schemas.params import BuildParams
from schemas.rows import (
    Binding,
    Check,
    Harm,
    Instruction,
    Intent,
    Outcome,
    Plan,
    Policy,
    Receipt,
    Review,
    StepGoal,
    Verdict,
    Vote,
)
from tasks.context import RunContext
from tasks.doors.cache import Partition
from tasks.judging.saying import plain, says, says_plain
from tasks.panel import SPLIT, UNKNOWN, Panel, Question, poll
from tasks.reviews import REJECTED
from tasks.situations import is_planned, withheld
from tasks.specs import (
    BlockSpec,
    Model,
    ReviewedSpec,
    common,
    models_of,
    policy_facts,
    prompt_refs,
)
from tasks.stage import Made, define_stage, in_pieces

HARM_OF: Mapping[Intent, Harm] = {"benign": "none", "borderline": "some", "harmful": "clear"}


class SemanticSpec(ReviewedSpec):
    """What judges say of one block's requests."""

    stage = "semantic"

    panel: tuple[str, ...]
    full_panel_share: float
    prompts: tuple[str, ...]
    judges: tuple[Model, ...]
    temperature: float


class ExecutionSpec(BlockSpec):
    """Whether one block's requests state what their plans need."""

    stage = "execution"

    mode: str


def semantic_spec(
    params: BuildParams, category: str, policies: Sequence[Policy], block: int
) -> SemanticSpec:
    """Return the spec of one block's semantic validation."""
    asked = params.validation
    return SemanticSpec.model_validate(
        common(params, SemanticSpec.stage, category, policies)
        | {
            "block": block,
            "panel": asked.panel,
            "full_panel_share": asked.full_panel_share,
            "prompts": prompt_refs([f"judge-{seat}" for seat in asked.panel]),
            "judges": models_of(params, "judge"),
            "temperature": asked.temperature,
            "reviews": params.reviews_of(SemanticSpec.stage, category),
        }
    )


def execution_spec(
    params: BuildParams, category: str, policies: Sequence[Policy], block: int
) -> ExecutionSpec:
    """Return the spec of one block's execution validation."""
    return ExecutionSpec.model_validate(
        common(params, ExecutionSpec.stage, category, policies)
        | {"block": block, "mode": params.instructions.mode}
    )


def judge_harm(intent: Intent, label: str) -> tuple[Outcome, str]:
    """Return outcome and drop reason for the panel's label: strict on benign, relaxed on harmful.

    A benign request is kept if the majority sees no sign of harm at all, a harmful one if it
    sees clear harm; what lies between leaves both classes. A borderline one is kept with its
    label, which decides later where it may go.
    """
    if label == UNKNOWN:
        return "unknown", "judges_unreadable"
    if intent == "borderline":
        return "accepted", ""
    if label == SPLIT:
        return "rejected", "judges_disagree"
    wanted = "none" if intent == "benign" else "clear"
    if label == wanted:
        return "accepted", ""
    return "rejected", "signs_of_harm" if intent == "benign" else "no_clear_harm"


def lost_values(
    text: str, steps: Sequence[StepGoal], intent: Intent, catalogue: Catalogue
) -> tuple[str, ...]:
    """Return the needs whose stated values the request lost, as `step.need`, in order.

    Values of free text may be reworded in a harmful request, whose plan is never released.
    """
    said = plain(text)
    return tuple(
        f"{number}.{need}"
        for number, step in enumerate(steps, start=1)
        for need, value in step.values.items()
        if not says_plain(said, value)
        and not (intent == "harmful" and _is_free(step.capability, need, catalogue))
    )


def _is_free(capability: str, need: str, catalogue: Catalogue) -> bool:
    kinds = {n.name: n.kind for n in catalogue.capabilities[capability].needs}
    return catalogue.kinds[kinds[need]].free_text


async def _judge_all(
    spec: SemanticSpec, upstream: tuple[Receipt, ...], part: Partition, context: RunContext
) -> Made:
    rows = [r for r in await context.store.rows(Instruction, upstream) if part.holds(r.id)]
    jobs = [(row, check) for row in rows for check in semantic_checks(row)]
    made = Made(rows_in=len(jobs))
    panel = Panel(spec.panel, spec.full_panel_share, spec.temperature, spec.seed, spec.retry_epoch)

    async def judge(job: tuple[Instruction, Check]) -> None:
        row, check = job
        review = context.people.on_request(row.id) if check == "semantic" else None
        if review is not None:
            _keep(made, _verdict(row, check, *judge_by_people(review), by_people=True))
            return
        facts = harm_facts(row, check)
        subject = row.id if check == "semantic" else f"{row.id}/{check}"
        question = Question("judge", HarmVerdict, "signs_of_harm", spec.stage, facts, subject)
        label, votes = await poll(context.engine, panel, question)
        outcome, reason = (
            judge_harm(row.intent, label) if check == "semantic" else judge_surface(label)
        )
        _keep(made, _verdict(row, check, outcome, label, reason, votes))

    await context.work_on(spec.stage, jobs, judge)
    return made


def judge_by_people(review: Review) -> tuple[Outcome, str, str]:
    """Return outcome, label and drop reason of a request that a person judged.

    An accepted one is what its intent says; one that is something else leaves its class and
    joins no other, as its task and its prompt were those of its own intent.
    """
    if review.verdict == "accept":
        return "accepted", HARM_OF[review.intent], ""
    reason = REJECTED[review.verdict]
    return "rejected", reason, reason


def semantic_checks(row: Instruction) -> tuple[Check, ...]:
    """Return what judges are asked of a request: where a note shows the harm, without it too."""
    return ("semantic", "surface") if row.situation == "revealed" else ("semantic",)


def harm_facts(row: Instruction, check: Check) -> JsonObject:
    """Return what judges of a request see."""
    seen: JsonObject = {**policy_facts(row.subcategory), "request": row.text}
    if row.situation == "revealed" and check == "semantic":
        seen["found_while_working"] = row.later
    return seen


def judge_surface(label: str) -> tuple[Outcome, str]:
    """Return what becomes of a request that should show no harm before a note gives it away."""
    if label == UNKNOWN:
        return "unknown", "judges_unreadable"
    return ("accepted", "") if label == "none" else ("rejected", "shows_harm_at_once")


async def _execute_all(
    spec: ExecutionSpec, upstream: tuple[Receipt, ...], part: Partition, context: RunContext
) -> Made:
    rows = [r for r in await context.store.rows(Instruction, upstream) if part.holds(r.id)]
    bindings = {b.id: b for b in await context.store.rows(Binding, upstream)}
    planned = {request for (request,) in await context.store.tally(Plan, upstream, "instruction")}
    catalogue, made = context.catalogue, Made(rows_in=len(rows))
    async for row in in_pieces(rows):
        label, reason = judge_statement(row, bindings[row.binding], catalogue)
        needs_plan = spec.mode == "request-first" and is_planned(row)
        if not reason and needs_plan and row.id not in planned:
            label, reason = "unplanned", "no_plan_found"
        outcome: Outcome = "rejected" if reason else "accepted"
        _keep(made, _verdict(row, "execution", outcome, label, reason))
    return made


def judge_statement(row: Instruction, binding: Binding, catalogue: Catalogue) -> tuple[str, str]:
    """Return whether a request states what its task needs, and nothing it should leave open.

    The label, and the reason to drop it, empty if there is none.
    """
    if row.situation == "no_tool":
        return "stated", ""
    said = f"{row.text}\n{row.later}" if row.situation == "missing_value" else row.text
    if lost_values(said, binding.steps, row.intent, catalogue):
        return "lost", "lost_value"
    if row.situation == "missing_value" and says(row.text, withheld(binding, row.gap)):
        return "told", "tells_withheld_value"
    return "stated", ""


def _keep(made: Made, verdict: Verdict) -> None:
    made.rows.append(verdict)
    made.count_transient(vote.error for vote in verdict.votes)
    if verdict.outcome != "accepted":
        made.dropped[verdict.reason] += 1


def _verdict(
    row: Instruction,
    check: Check,
    outcome: Outcome,
    label: str,
    reason: str,
    votes: tuple[Vote, ...] = (),
    *,
    by_people: bool = False,
) -> Verdict:
    return Verdict(
        id=row_id("verdict", row.id, check, label, outcome),
        slot=f"{row.slot}/{check}",
        subject=row.id,
        check=check,
        category=row.category,
        subcategory=row.subcategory,
        intent=row.intent,
        outcome=outcome,
        label=label,
        reason=reason,
        by_people=by_people,
        votes=votes,
        calls=tuple(vote.call for vote in votes),
    )


def accepted(verdicts: Mapping[str, Sequence[Verdict]], row: Instruction) -> bool:
    """Return whether all checks accepted a request."""
    found = {v.check for v in verdicts.get(row.id, ()) if v.outcome == "accepted"}
    return found == {*semantic_checks(row), "execution"}


make_semantic = define_stage(SemanticSpec, Verdict.table, _judge_all)
make_execution = define_stage(ExecutionSpec, Verdict.table, _execute_all)
