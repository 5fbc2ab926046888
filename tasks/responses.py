"""Stage responses: what a model answers to a sound request, kept only where it should be."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.answers import AnswerVerdict
from schemas.ids import digest, row_id
from schemas.messages import Message
from schemas.params import BuildParams
from schemas.prompts import load_prompt
from schemas.rows import Binding, Execution, Instruction, Policy, Receipt, Response, Verdict, Vote
from tasks.answers import Judged, judge_refusal, judge_trajectory
from tasks.context import RunContext
from tasks.conversation import Ask, Conversation, converse
from tasks.doors.cache import Partition
from tasks.panel import Panel, Question, poll
from tasks.specs import Model, WorldSpec, common, models_of, policy_facts, prompt_refs, world_facts
from tasks.stage import Made, define_stage
from tasks.validation import accepted
from tasks.world.runner import ExecutionLostError

SAFETY = "safety"


class ResponsesSpec(WorldSpec):
    """Answers to one block's sound requests."""

    stage = "responses"

    step_limit: int
    safety_prompt: bool
    temperature: float
    panel: tuple[str, ...]
    full_panel_share: float
    judge_temperature: float
    prompts: tuple[str, ...]
    responders: tuple[Model, ...]
    judges: tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """A sound request, its binding, and what the panel saw in it."""

    request: Instruction
    binding: Binding
    harm: str

    @property
    def clear_harm(self) -> bool:
        """Whether an answer that helps must not be kept anywhere."""
        return self.request.intent == "harmful" or self.harm == "clear"


def responses_spec(
    params: BuildParams, category: str, policies: Sequence[Policy], block: int
) -> ResponsesSpec:
    """Return the spec of one block's answers."""
    seats = params.validation.panel
    return ResponsesSpec.model_validate(
        common(params, ResponsesSpec.stage, category, policies)
        | world_facts(params)
        | {
            "block": block,
            "step_limit": params.responses.step_limit,
            "safety_prompt": params.responses.safety_prompt,
            "temperature": params.responses.temperature,
            "panel": seats,
            "full_panel_share": params.validation.full_panel_share,
            "judge_temperature": params.validation.temperature,
            "prompts": prompt_refs([SAFETY, *(f"answer-{seat}" for seat in seats)]),
            "responders": models_of(params, "responder"),
            "judges": models_of(params, "judge"),
        }
    )


def system_message(job: Job, *, safety_prompt: bool) -> str | None:
    """Return the system message a responder sees; the safety prompt is no part of the row."""
    parts = [job.binding.system_prompt]
    if safety_prompt and job.request.intent == "harmful":
        parts.insert(0, load_prompt(SAFETY).system)
    return "\n\n".join(part for part in parts if part) or None


def sound_jobs(
    requests: Sequence[Instruction], bindings: Sequence[Binding], verdicts: Sequence[Verdict]
) -> list[Job]:
    """Return the requests that both checks accepted, in order."""
    by_subject: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_subject.setdefault(verdict.subject, []).append(verdict)
    by_id = {binding.id: binding for binding in bindings}
    return [
        Job(row, by_id[row.binding], _harm(by_subject[row.id]))
        for row in requests
        if accepted(by_subject, row)
    ]


def _harm(verdicts: Sequence[Verdict]) -> str:
    return next(v.label for v in verdicts if v.check == "semantic")


async def _answer(spec: ResponsesSpec, job: Job, context: RunContext, made: Made) -> None:
    ask = Ask(
        role="responder",
        stage=spec.stage,
        item=job.request.id,
        system=system_message(job, safety_prompt=spec.safety_prompt),
        text=job.request.text,
        temperature=spec.temperature,
        step_limit=spec.step_limit,
        sensitive=job.clear_harm,
        retry_epoch=spec.retry_epoch,
    )
    try:
        talk = await converse(context, ask, job.binding)
    except ExecutionLostError as lost:
        made.lose(spec.stage, job.request, job.request.category, lost)
        return
    if talk.last is None or talk.last.error:
        await _fail(spec, job, talk, context, made)
        return
    judge = _judge_answer_to_harm if job.clear_harm else _judge_work
    row = await judge(spec, job, talk, context)
    made.take(row)
    made.count_transient(vote.error for vote in row.votes)
    if row.outcome != "accepted":
        made.dropped[row.reason] += 1


async def _fail(
    spec: ResponsesSpec, job: Job, talk: Conversation, context: RunContext, made: Made
) -> None:
    if talk.last is None:
        return
    request, sensitive = job.request, job.clear_harm
    made.fail(spec.stage, request, request.category, talk.last, sensitive=sensitive)
    if sensitive:  # nobody will judge what was cut off or held back: no text of it stays
        await context.engine.settle(talk.keys, talk.last.error)


async def _judge_answer_to_harm(
    spec: ResponsesSpec, job: Job, talk: Conversation, context: RunContext
) -> Response:
    label, votes = await _label(spec, job, talk, context)
    judged = judge_refusal(label, job.request.intent)
    keys = (*talk.keys, *(vote.call for vote in votes))
    if judged.outcome != "unknown":
        refused = judged.outcome == "accepted"
        await context.engine.settle(keys, None if refused else judged.label)
    return _row(spec, job, talk, judged, None, votes)


async def _label(
    spec: ResponsesSpec, job: Job, talk: Conversation, context: RunContext
) -> tuple[str, tuple[Vote, ...]]:
    if talk.last and talk.last.tombstone:
        return talk.last.tombstone, ()
    if talk.end == "acted":
        return "complied", ()
    policy = policy_facts(job.request.subcategory)
    facts = {
        "subcategory": policy["subcategory"],
        "definition": policy["definition"],
        "request": job.request.text,
        "answer": talk.answer,
    }
    panel = Panel(
        spec.panel, spec.full_panel_share, spec.judge_temperature, spec.seed, spec.retry_epoch
    )
    question = Question(
        "answer", AnswerVerdict, "answer_is", spec.stage, {**facts}, job.request.id, sensitive=True
    )
    return await poll(context.engine, panel, question)


async def _judge_work(
    spec: ResponsesSpec, job: Job, talk: Conversation, _context: RunContext
) -> Response:
    slot = f"{job.request.slot}/execution"
    execution = await talk.session.record(job.binding.steps, binding=job.binding.id, slot=slot)
    judged = judge_trajectory(talk.turns, talk.end, execution.failures, job.request.intent)
    return _row(spec, job, talk, judged, execution, ())


def _row(
    spec: ResponsesSpec,
    job: Job,
    talk: Conversation,
    judged: Judged,
    execution: Execution | None,
    votes: tuple[Vote, ...],
) -> Response:
    request = job.request
    removed = job.clear_harm and judged.kind == "dropped"
    messages: tuple[Message, ...] = () if removed else tuple(talk.turns)
    text_digest = (talk.last.text_digest if talk.last else "") or digest(talk.answer)
    return Response(
        id=row_id("response", request.id, judged.label, text_digest),
        slot=f"{request.slot}/response",
        instruction=request.id,
        binding=request.binding,
        chain=request.chain,
        category=request.category,
        subcategory=request.subcategory,
        intent=request.intent,
        kind=judged.kind,
        outcome=judged.outcome,
        label=judged.label,
        reason=judged.reason,
        endpoint=talk.last.endpoint if talk.last else "",
        messages=messages,
        text_digest=text_digest,
        safety_prompt=spec.safety_prompt and request.intent == "harmful",
        execution=execution,
        votes=votes,
        calls=(*talk.keys, *(vote.call for vote in votes)),
    )


async def answer_all(
    spec: ResponsesSpec, upstream: tuple[Receipt, ...], part: Partition, context: RunContext
) -> Made:
    """Return a response or a failure for every sound request among the upstream rows."""
    requests = [r for r in await context.store.rows(Instruction, upstream) if part.holds(r.id)]
    bindings = await context.store.rows(Binding, upstream)
    verdicts = await context.store.rows(Verdict, upstream)
    jobs = sound_jobs(requests, bindings, verdicts)
    made = Made(rows_in=len(jobs))

    async def answer(job: Job) -> None:
        await _answer(spec, job, context, made)

    await context.work_on(spec.stage, jobs, answer)
    return made


make_responses = define_stage(ResponsesSpec, Response.table, answer_all)
