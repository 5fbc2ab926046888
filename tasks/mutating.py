"""Stage mutations: spoilt copies of accepted rows go through the filters, which don't know."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from schemas.answers import HarmVerdict
from schemas.base import JsonObject
from schemas.ids import digest, rank, row_id
from schemas.params import BuildParams
from schemas.rows import (
    Binding,
    Instruction,
    Mutation,
    Outcome,
    Receipt,
    Response,
    Verdict,
    Vote,
)
from tasks.context import RunContext
from tasks.conversation import Conversation, observation
from tasks.copies import Copy, Draw, Released, released
from tasks.doors.cache import Partition, Spec
from tasks.mutations import Fits
from tasks.panel import Panel, Question, poll
from tasks.play import Play, judge_play, read_refusal, weigh
from tasks.simulation import SimulationError, perform
from tasks.specs import Model, models_of, prompt_refs, world_facts
from tasks.stage import Made, define_stage
from tasks.staging import sound_jobs
from tasks.validation import harm_facts, judge_harm, judge_statement
from tasks.world.contract import Contract, Refused
from tasks.world.runner import ExecutionLostError, Session

ENOUGH = 8  # answers of a kind and intent, for each copy: not every one can be spoilt in every way


class MutationsSpec(Spec):
    """How many copies are spoilt in each way, and who judges them."""

    stage = "mutations"

    seed: int
    count: int
    world: str
    simulation: tuple[str, ...]
    panel: tuple[str, ...]
    full_panel_share: float
    judge_temperature: float
    prompts: tuple[str, ...]
    judges: tuple[Model, ...]


def mutations_spec(params: BuildParams) -> MutationsSpec:
    """Return the spec of a dataset's spoilt copies."""
    seats = params.validation.panel
    prompts = [f"{asked}-{seat}" for asked in ("answer", "judge") for seat in seats]
    return MutationsSpec.model_validate(
        world_facts(params)
        | {
            "retry_epoch": params.epoch_of(MutationsSpec.stage),
            "seed": params.seed,
            "count": params.audit.mutations,
            "panel": seats,
            "full_panel_share": params.validation.full_panel_share,
            "judge_temperature": params.validation.temperature,
            "prompts": prompt_refs(prompts),
            "judges": models_of(params, "judge"),
        }
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """What the filters made of a copy: caught is what they don't accept."""

    outcome: Outcome
    reason: str
    votes: tuple[Vote, ...] = ()
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters that every row goes through, with what they need to judge a copy."""

    spec: MutationsSpec
    context: RunContext

    @property
    def panel(self) -> Panel:
        """The judges, as validation and responses ask them."""
        spec = self.spec
        return Panel(
            spec.panel, spec.full_panel_share, spec.judge_temperature, spec.seed, spec.retry_epoch
        )

    async def judge(self, copy: Copy) -> Finding:
        """Return what becomes of a copy.

        Raises:
            SimulationError: a model that stands in for a tool gave no usable answer.
            ExecutionLostError: a tool call took its worker down.
        """
        match copy.kind:
            case "intent_flipped":
                return await self._judge_request(copy)
            case "answer_contradicts":
                return self._judge_words(copy)
            case _:
                return await self._judge_answer(copy)

    async def _judge_request(self, copy: Copy) -> Finding:
        """Return what validation makes of a request under another intent."""
        request, binding = copy.of.job.request, copy.of.job.binding
        facts = harm_facts(request, "semantic")
        question = Question(
            "judge", HarmVerdict, "signs_of_harm", self.spec.stage, facts, request.id
        )
        label, votes = await poll(self.context.engine, self.panel, question)
        outcome, reason = judge_harm(copy.intent, label)
        if outcome == "accepted":
            offered = request.model_copy(update={"intent": copy.intent})
            _, reason = judge_statement(offered, binding, self.context.catalogue)
            outcome = "rejected" if reason else "accepted"
        return Finding(outcome, reason, votes, tuple(vote.call for vote in votes))

    def _judge_words(self, copy: Copy) -> Finding:
        """Return what becomes of another final answer; the calls before it are as they were."""
        execution = copy.of.response.execution
        if execution is None:
            raise ValueError(f"{copy.of.response.id} is no trajectory")
        talk = Conversation(self._session(copy), turns=[*copy.turns], end="answered")
        judged = weigh(Play(copy.of.job, (), talk, self.context), execution, None)
        return Finding(judged.outcome, judged.reason)

    async def _judge_answer(self, copy: Copy) -> Finding:
        """Return what becomes of turns whose calls are made in a new world."""
        play = Play(copy.of.job, (), await self._replay(copy), self.context)
        sensitive = play.job.sensitive
        asked = read_refusal(play, self.panel, self.spec.stage) if sensitive else None
        label, votes = await asked if asked else ("", ())
        _, judged = await judge_play(play, label)
        polled = tuple(vote.call for vote in votes)
        if sensitive and judged.outcome != "unknown":  # no row will hold what they were asked of
            await self.context.engine.settle(polled, label)
        return Finding(judged.outcome, judged.reason, votes, (*play.talk.keys, *polled))

    async def _replay(self, copy: Copy) -> Conversation:
        talk = Conversation(self._session(copy), end="answered")
        try:
            for turn in copy.turns:
                talk.turns.append(turn)
                for call in turn.tool_calls:
                    done = await perform(
                        self.context, talk.session, call, self.spec.stage, talk.keys
                    )
                    talk.turns.append(observation(done))
        except SimulationError:
            await talk.session.close()
            raise
        return talk

    def _session(self, copy: Copy) -> Session:
        return self.context.worlds.session(copy.of.job.binding.world_seed)


def takes(contract: Contract) -> Fits:
    """Return whether a tool takes arguments, by its schema."""

    def fits(name: str, arguments: JsonObject) -> bool:
        try:
            contract.validated(name, arguments)
        except Refused:
            return False
        return True

    return fits


def to_row(copy: Copy, finding: Finding) -> Mutation:
    """Return the row of a judged copy: not a word of the copy is in it."""
    request, response = copy.of.job.request, copy.of.response
    flipped = copy.kind == "intent_flipped"
    subject = request.id if flipped else response.id
    return Mutation(
        id=row_id("mutation", subject, copy.kind, _content(copy), finding.reason),
        slot=f"{request.slot}/{copy.kind}",
        subject=subject,
        kind=copy.kind,
        category=request.category,
        intent=request.intent,
        caught=finding.outcome != "accepted",
        reason=finding.reason,
        votes=finding.votes,
        calls=finding.calls,
    )


def _content(copy: Copy) -> str:
    turns = [turn.model_dump(mode="json", exclude={"train"}) for turn in copy.turns]
    return digest(copy.intent, turns)


async def _accepted(
    spec: MutationsSpec, upstream: Sequence[Receipt], context: RunContext
) -> list[Released]:
    """Return accepted answers with their requests: by lot, enough of each kind to spoil some.

    They are of the whole pool: what balance selects of it changes no copy and buys no call.
    """
    store = context.store
    found = await store.tally(Response, upstream, *_KEYS)
    chosen = _draw_by_kind(spec, [row for row in found if row[-2:] == ("accepted", "plain")])
    requests = [request for _, request, _ in chosen]
    about = await store.tally(Verdict, upstream, "id", "subject")
    asked = set(requests)
    verdicts = [verdict for verdict, subject in about if subject in asked]
    jobs, _ = sound_jobs(
        await store.rows(Instruction, upstream, ids=requests),
        await store.rows(Binding, upstream, ids=[*{binding for *_, binding in chosen}]),
        await store.rows(Verdict, upstream, ids=verdicts),
    )
    ids = [answer for answer, *_ in chosen]
    return released(await store.rows(Response, upstream, ids=ids), jobs, ids)


_KEYS = ("id", "instruction", "binding", "kind", "intent", "outcome", "situation")


def _draw_by_kind(
    spec: MutationsSpec, rows: Sequence[tuple[str, ...]]
) -> list[tuple[str, str, str]]:
    """Return ids of answers, requests and bindings, so many of each kind and intent."""
    ranked = sorted(rows, key=lambda row: rank(spec.seed, "to spoil", row[0]))
    taken: Counter[tuple[str, ...]] = Counter()
    chosen = []
    for answer, request, binding, *kind, _, _ in ranked:
        taken[(*kind,)] += 1
        if taken[(*kind,)] <= ENOUGH * spec.count:
            chosen.append((answer, request, binding))
    return chosen


async def spoil_rows(
    spec: MutationsSpec, upstream: tuple[Receipt, ...], _part: Partition, context: RunContext
) -> Made:
    """Return what the filters made of spoilt copies of accepted rows."""
    rows = await _accepted(spec, upstream, context)
    draw = Draw(spec.seed, spec.count, context.catalogue, takes(context.worlds.toolbox.contract))
    copies = await asyncio.to_thread(draw.copies, rows)
    made, filters = Made(rows_in=len(rows), wanted=len(copies)), Filters(spec, context)

    async def judge(copy: Copy) -> None:
        await _judge(copy, filters, made)

    await context.work_on(spec.stage, copies, judge)
    return made


async def _judge(copy: Copy, filters: Filters, made: Made) -> None:
    """Add the row of a copy; one that nobody could judge was neither caught nor missed."""
    stage, response = filters.spec.stage, copy.of.response
    try:
        finding = await filters.judge(copy)
    except SimulationError as failed:
        made.fail(stage, response, response.category, failed.reply)
        return
    except ExecutionLostError as lost:
        made.lose(stage, response, response.category, lost)
        return
    made.count_transient(vote.error for vote in finding.votes)
    if finding.outcome == "unknown":
        made.dropped[finding.reason] += 1
    else:
        made.rows.append(to_row(copy, finding))


make_mutations = define_stage(MutationsSpec, Mutation.table, spoil_rows)
