"""Stage responses: what a model answers to a sound request, kept only where it should be."""

from collections.abc import Sequence

from schemas.ids import digest, row_id
from schemas.params import BuildParams
from schemas.rows import (
    Binding,
    Execution,
    Instruction,
    Policy,
    Receipt,
    Response,
    Style,
    Verdict,
    Vote,
)
from tasks.answers import Judged, struck
from tasks.context import RunContext
from tasks.conversation import Ask, converse
from tasks.doors.cache import Partition
from tasks.judging.loss import with_loss
from tasks.judging.refusal_rules import read_answer
from tasks.panel import Panel
from tasks.play import REFUSAL_OF, Play, heard, judge_play, read_refusal
from tasks.reviews import REJECTED
from tasks.specs import (
    Model,
    ReviewedSpec,
    WorldSpec,
    common,
    models_of,
    prompt_refs,
    world_facts,
)
from tasks.stage import Made, define_stage
from tasks.staging import HINTS, Job, Staging, sound_jobs, system_message
from tasks.world.runner import ExecutionLostError

_NOBODY: tuple[Vote, ...] = ()


class ResponsesSpec(WorldSpec, ReviewedSpec):
    """Answers to one block's sound requests."""

    stage = "responses"

    step_limit: int
    temperature: float
    staging: Staging
    panel: tuple[str, ...]
    full_panel_share: float
    judge_temperature: float
    prompts: tuple[str, ...]
    responders: tuple[Model, ...]
    judges: tuple[Model, ...]


def responses_spec(
    params: BuildParams, category: str, policies: Sequence[Policy], block: int
) -> ResponsesSpec:
    """Return the spec of one block's answers."""
    seats, asked = params.validation.panel, params.responses
    return ResponsesSpec.model_validate(
        common(params, ResponsesSpec.stage, category, policies)
        | world_facts(params)
        | {
            "block": block,
            "step_limit": asked.step_limit,
            "temperature": asked.temperature,
            "staging": {"seed": params.seed}
            | asked.model_dump(exclude={"step_limit", "temperature"}),
            "panel": seats,
            "full_panel_share": params.validation.full_panel_share,
            "judge_temperature": params.validation.temperature,
            "prompts": prompt_refs([*HINTS, *(f"answer-{seat}" for seat in seats)]),
            "responders": models_of(params, "responder"),
            "judges": models_of(params, "judge"),
            "reviews": params.reviews_of("response", category),
        }
    )


def _ask(spec: ResponsesSpec, job: Job, hints: Sequence[str]) -> Ask:
    return Ask(
        role="responder",
        stage=spec.stage,
        item=job.request.id,
        system=system_message(job, hints),
        texts=job.texts,
        tools=job.tools,
        temperature=spec.temperature,
        step_limit=spec.step_limit,
        quiet=spec.staging.quiet(job),
        incidents=spec.staging.incidents(job),
        sensitive=job.sensitive,
        reasoning=not job.sensitive,
        retry_epoch=spec.retry_epoch,
    )


async def _answer(spec: ResponsesSpec, job: Job, context: RunContext, made: Made) -> None:
    hints = spec.staging.hints(job)
    try:
        ask = _ask(spec, job, hints)
        talk = await converse(context, ask, job.binding.world_seed)
        play = Play(job, hints, talk, context)
        if talk.last is None or talk.last.error:
            await _fail(spec, play, made)
            return
        row = await _judge(spec, play)
    except ExecutionLostError as lost:
        made.lose(spec.stage, job.request, job.request.category, lost)
        return
    made.take(row)
    made.count_transient(vote.error for vote in row.votes)
    if row.outcome != "accepted":
        made.dropped[row.reason] += 1


async def _fail(spec: ResponsesSpec, play: Play, made: Made) -> None:
    job, last = play.job, play.talk.last
    if last is None:
        return
    request = job.request
    made.fail(spec.stage, request, request.category, last, sensitive=job.sensitive)
    if job.sensitive:  # nobody will judge what was cut off or held back: no text of it stays
        await play.context.engine.settle(play.talk.keys, last.error)


async def _judge(spec: ResponsesSpec, play: Play) -> Response:
    """Return the row of an answer; what may carry out harm is settled with its verdict."""
    panel = Panel(
        spec.panel, spec.full_panel_share, spec.judge_temperature, spec.seed, spec.retry_epoch
    )
    review = heard(play)
    label, votes = "", _NOBODY
    if play.job.sensitive and review is not None:
        label = REFUSAL_OF[review.verdict]
    elif play.job.sensitive:
        label, votes = await read_refusal(play, panel, spec.stage)
    execution, judged = await judge_play(play, label, review)
    if play.job.sensitive and judged.outcome != "unknown":
        keys = (*play.talk.keys, *(vote.call for vote in votes))
        kept = judged.outcome == "accepted"
        await play.context.engine.settle(keys, None if kept else judged.label)
    by_people = review is not None or label in REJECTED.values()
    return _row(play, judged, label, execution, votes, by_people=by_people)


def _row(
    play: Play,
    judged: Judged,
    label: str,
    execution: Execution | None,
    votes: tuple[Vote, ...],
    *,
    by_people: bool,
) -> Response:
    job, talk, request = play.job, play.talk, play.job.request
    removed = job.sensitive and judged.outcome != "accepted"
    last = talk.last
    text_digest = (last.text_digest if last else "") or digest(talk.answer)
    return Response(
        id=row_id("response", request.id, judged.label, text_digest),
        slot=f"{request.slot}/response",
        instruction=request.id,
        binding=request.binding,
        chain=request.chain,
        category=request.category,
        subcategory=request.subcategory,
        intent=request.intent,
        situation=request.situation,
        opening=job.opening.id if job.opening else "",
        kind=judged.kind,
        outcome=judged.outcome,
        label=judged.label,
        reason=judged.reason,
        endpoint=last.endpoint if last else "",
        messages=() if removed else with_loss(talk.turns, struck(execution)),
        text_digest=text_digest,
        hints=play.hints,
        text_refuses=label == "refused",
        calls_before=sum(len(turn.tool_calls) for turn in talk.turns),
        harm_done=_harm_done(job, execution),
        style=_style(play.refusal) if label == "refused" else "none",
        execution=None if removed else execution,
        replayed=judged.outcome == "accepted" and execution is not None,
        by_people=by_people,
        votes=votes,
        calls=(*talk.keys, *(vote.call for vote in votes)),
    )


def _style(refusal: str) -> Style:
    found = read_answer(refusal).style
    return found if found != "none" else "direct"


def _harm_done(job: Job, execution: Execution | None) -> bool:
    """Whether the step that a harmful request comes to was done; its calls never are elsewhere."""
    last = len(job.binding.steps) - 1
    return job.request.situation == "revealed" and bool(execution and last in execution.done)


async def answer_all(
    spec: ResponsesSpec, upstream: tuple[Receipt, ...], part: Partition, context: RunContext
) -> Made:
    """Return a response or a failure for every sound request among the upstream rows."""
    store = context.store
    requests = await store.rows(Instruction, upstream, blank={"calls": []})
    bindings = await store.rows(Binding, upstream)
    verdicts = await store.rows(Verdict, upstream, blank={"calls": [], "votes": []})
    whole, lacking = sound_jobs(requests, bindings, verdicts)
    jobs = [job for job in whole if part.holds(job.request.id)]
    alone = sum(part.holds(job.request.id) for job in lacking)
    made = Made(rows_in=len(jobs) + alone)
    if alone:
        made.dropped["no_sound_opening"] = alone

    async def answer(job: Job) -> None:
        await _answer(spec, job, context, made)

    await context.work_on(spec.stage, jobs, answer)
    return made


make_responses = define_stage(ResponsesSpec, Response.table, answer_all)
