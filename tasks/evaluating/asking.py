"""Puts rows to models: each of them bare, with a prompt to refuse, or behind a guard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from schemas.calls import Usage
from schemas.evaluations import Baseline, EvaluationParams, Fault, Outcome, Variant
from schemas.ids import digest, rank
from schemas.messages import Message
from schemas.rows import Vote
from tasks.context import RunContext
from tasks.conversation import Ask, Conversation, converse
from tasks.doors.llm import noting_calls
from tasks.doors.llm.faults import TRANSIENT
from tasks.evaluating.cases import Case
from tasks.evaluating.guard import Guarded, ask_guard
from tasks.evaluating.reading import HARM_PART, Read
from tasks.evaluating.removed import Gone, Removed
from tasks.panel import UNKNOWN, Panel
from tasks.play import Play, judge_play, read_refusal
from tasks.staging import Staging, system_message
from tasks.world.runner import ExecutionLostError

STAGE = "evaluate"
PROMPT = "refusal-baseline"
REMOVED, UNREADABLE = "removed", "judges_unreadable"
_NOBODY: tuple[Vote, ...] = ()
# Answers are drawn apart from those that a version's rows were selected by: other samples.
_FIRST, _SPREAD = 500_000, 400_000
_TRIES = 20  # samples of which nothing but a tombstone is left


@dataclass(frozen=True, slots=True)
class Line:
    """One way to ask one model; `identity` is what of the endpoint is in every key."""

    model: str
    identity: str
    variant: Variant = "bare"

    @property
    def hints(self) -> tuple[str, ...]:
        """The prompts that stand before the row's own."""
        return (PROMPT,) if self.variant == "prompt" else ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A conversation for people to read: what became of it, and what may be kept of its turns."""

    case: Case
    outcome: Outcome
    turns: tuple[Message, ...]


@dataclass(slots=True)
class Evaluator:
    """Asks the models of one evaluation; `judges` are what of the panel decides its word.

    `samples` are the cases of which the conversation with the first model is kept for people.
    """

    context: RunContext
    params: EvaluationParams
    staging: Staging
    panel: Panel
    judges: str
    models: Mapping[str, str]  # identity by name
    removed: Removed
    samples: frozenset[str] = frozenset()
    shown: list[Shown] = field(default_factory=list)

    async def evaluate(self, cases: Sequence[Case]) -> list[Outcome]:
        """Return the outcomes of all cases, each of every model and variant, in that order."""
        for gone in self.removed.unfinished:  # what a run that was cut off may have left
            await self._remove(gone)
        found = await self.context.work_on(STAGE, cases, self._of_case)
        return [outcome for outcomes in found for outcome in outcomes]

    async def _of_case(self, case: Case) -> list[Outcome]:
        guarded = Guarded()
        if "guard" in self.params.baselines:
            guarded = await ask_guard(self.context, case, STAGE, self.panel.retry_epoch)
        outcomes = []
        for name, identity in self.models.items():
            bare = await self._answer(case, Line(name, identity))
            outcomes.append(bare)
            for baseline in self.params.baselines:
                line = Line(name, identity, baseline)
                outcomes.append(await self._with(baseline, case, line, bare, guarded))
        return outcomes

    async def _with(
        self, baseline: Baseline, case: Case, line: Line, bare: Outcome, guarded: Guarded
    ) -> Outcome:
        if baseline == "prompt":
            return await self._answer(case, line)
        if guarded.error:
            return _fault(_begin(case, line), "guard_unreadable", guarded.error)
        if not guarded.flagged:  # the model sees what it saw before
            passed = bare.model_copy(update={"variant": "guard"})
        else:
            passed = await self._answer(case, line, guarded.spoken)
        return _charged(passed.model_copy(update={"flagged": bool(guarded.flagged)}), guarded)

    async def _answer(
        self, case: Case, line: Line, spoken: Mapping[int, str] | None = None
    ) -> Outcome:
        """Return what becomes of a case; one whose text is gone is not asked again."""
        ask = self._ask(case, line, spoken or {})
        place = self._place(case, line, ask)
        if (known := self.removed.find(place)) is not None:
            outcome = known.model_copy(update=_begin(case, line))
            self._show(case, line, outcome, ())
            return outcome
        with noting_calls() as keys:
            try:
                talk = await self._converse(ask, case)
                play = Play(case.job, line.hints, talk, self.context)
                return await self._read(play, case, line, place, ask.spoken)
            except ExecutionLostError as exc:
                if case.job.sensitive:  # nobody will judge it
                    await self.context.engine.settle(keys, "lost")
                return _fault(_begin(case, line), "lost", exc.loss)

    async def _converse(self, ask: Ask, case: Case) -> Conversation:
        """Return a conversation; one that was removed, and nobody knows why, is held anew."""
        for number in range(_TRIES):
            drawn = replace(ask, index=ask.index + number)
            talk = await converse(self.context, drawn, case.job.binding.world_seed)
            if talk.last is None or not talk.last.tombstone:
                break
        return talk

    async def _read(
        self, play: Play, case: Case, line: Line, place: str, spoken: Mapping[int, str]
    ) -> Outcome:
        talk, begun = play.talk, _begin(case, line)
        if talk.end == "failed":
            return await self._failed(play, begun)
        label, votes = "", _NOBODY
        if case.job.sensitive and HARM_PART.get(case.job.request.situation, 0) in spoken:
            label = "refused"  # by the guard, whose words are known
        elif case.job.sensitive:
            label, votes = await read_refusal(play, self.panel, STAGE)
        keys = (*talk.keys, *(vote.call for vote in votes))
        if label == UNKNOWN:
            await talk.session.close()
            why = next((vote.error for vote in votes if vote.error), UNREADABLE)
            return _fault(begun | _spent(talk.usages), "judge_unknown", why)
        execution, judged = await judge_play(play, label, look=True)
        assert execution is not None  # it looks
        read = Read(play, label, execution, judged)
        outcome = Outcome.model_validate(begun | _spent(talk.usages) | read.facts())
        if case.job.sensitive and read.harmless:
            await self.context.engine.settle(keys, None)
        elif case.job.sensitive:
            gone = Gone(place=place, outcome=outcome, keys=keys, verdict=label)
            self.removed.keep(gone)
            await self._remove(gone)
        self._show(case, line, outcome, talk.turns if read.harmless else ())
        return outcome

    async def _failed(self, play: Play, begun: dict[str, object]) -> Outcome:
        """Return that nobody answered; of what was said to harm by then no text stays."""
        last = play.talk.last
        word = (last.error or (REMOVED if last.tombstone else "")) if last else ""
        if play.job.sensitive:
            await self.context.engine.settle(play.talk.keys, word or REMOVED)
        return _fault(begun | _spent(play.talk.usages), "endpoint", word or "malformed")

    async def _remove(self, gone: Gone) -> None:
        await self.context.engine.settle(gone.keys, gone.verdict)
        self.removed.finish(gone.place)

    def _ask(self, case: Case, line: Line, spoken: Mapping[int, str]) -> Ask:
        job = case.job
        return Ask(
            role="responder",
            stage=STAGE,
            item=job.request.id,
            system=system_message(job, line.hints),
            texts=job.texts,
            tools=job.tools,
            temperature=self.params.temperature,
            step_limit=self.params.step_limit,
            max_tokens=self.params.max_tokens,
            incidents=self.staging.incidents(job),
            sensitive=job.sensitive,
            retry_epoch=self.panel.retry_epoch,
            onward=True,
            spoken=spoken,
            endpoint=line.model,
            index=_FIRST + rank(0, line.identity, line.variant) % _SPREAD,
        )

    def _place(self, case: Case, line: Line, ask: Ask) -> str:
        """Return what stands for all that an outcome of a case depends on."""
        incidents = [incident.model_dump(mode="json") for incident in ask.incidents]
        spoken = {str(number): text for number, text in ask.spoken.items()}
        world = self.context.worlds.toolbox.code
        return digest(
            line.identity, case.job.request.id, case.job.binding.id, ask.system, ask.texts,
            ask.tools, ask.temperature, ask.step_limit, ask.max_tokens, incidents, spoken,
            ask.index, ask.retry_epoch, world, self.judges,
        )  # fmt: skip

    def _show(self, case: Case, line: Line, outcome: Outcome, turns: Sequence[Message]) -> None:
        first = next(iter(self.models))
        if case.row in self.samples and (line.model, line.variant) == (first, "bare"):
            self.shown.append(Shown(case, outcome, tuple(turns)))


def _begin(case: Case, line: Line) -> dict[str, object]:
    """Return the fields of an outcome that say what was asked, and of whom."""
    request = case.job.request
    return {
        "row": case.row,
        "chain": request.chain,
        "category": request.category,
        "intent": request.intent,
        "situation": request.situation,
        "unseen": case.unseen,
        "model": line.model,
        "variant": line.variant,
    }


def _fault(begun: Mapping[str, object], error: Fault, detail: str) -> Outcome:
    return Outcome.model_validate({**begun, "error": error, "detail": detail})


def _spent(usages: Sequence[Usage]) -> dict[str, object]:
    """Return what answers took; tokens are unknown where any of them does not say."""
    return {
        "steps": len(usages),
        "prompt_tokens": _sum([usage.prompt_tokens for usage in usages]),
        "completion_tokens": _sum([usage.completion_tokens for usage in usages]),
    }


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _charged(outcome: Outcome, guarded: Guarded) -> Outcome:
    """Return an outcome with the tokens that the guard took as well."""
    took = _spent(guarded.usages)
    names = ("prompt_tokens", "completion_tokens")
    both = {name: _sum([getattr(outcome, name), took[name]]) for name in names}  # type: ignore[list-item]  # whole numbers or None
    return outcome.model_copy(update=both)


def is_transient(outcome: Outcome) -> bool:
    """Whether nothing is known of a row only because a call failed in passing."""
    return bool(outcome.error) and outcome.detail in TRANSIENT
