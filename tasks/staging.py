"""How a sound request is put to a responder: texts, tools, hints, and what happens on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from schemas.base import Declared
from schemas.ids import rank, share
from schemas.incidents import FaultCode, Incident
from schemas.prompts import load_prompt
from schemas.rows import Binding, Instruction, Verdict
from tasks.situations import OPENINGS, offered
from tasks.validation import accepted
from tasks.world.independence import independent_steps

SELF_HARM = "self_harm"
STYLES = ("direct", "explaining", "redirecting", "supportive")
HINTS = ("safety", "hint-parallel", "hint-reasoning", *(f"style-{name}" for name in STYLES))
FAULTS: tuple[FaultCode, ...] = ("temporarily_unavailable", "rate_limited", "timed_out")
Part = Literal["work", "refusal"]  # what is due in answer to one of the user's texts


@dataclass(frozen=True, slots=True)
class Job:
    """A sound request, its binding, what the panel saw in it, and what was asked before it."""

    request: Instruction
    binding: Binding
    harm: str
    opening: Instruction | None = None

    @property
    def clear_harm(self) -> bool:
        """Whether an answer that helps must not be kept anywhere."""
        return self.request.intent == "harmful" or self.harm == "clear"

    @property
    def sensitive(self) -> bool:
        """Whether harm is asked for anywhere in the conversation."""
        return self.clear_harm or self.request.situation == "follow_up"

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is due in answer to each of the texts."""
        due: Part = "refusal" if self.clear_harm else "work"
        match self.request.situation:
            case "turned":
                return "work", "refusal"
            case "follow_up":
                return "refusal", "work"
            case "missing_value":
                return "work", "work"
            case _:
                return (due,)

    @property
    def texts(self) -> tuple[str, ...]:
        """The user's turns, in order."""
        before = (self.opening.text,) if self.opening else ()
        after = (self.request.later,) if self.request.situation == "missing_value" else ()
        return (*before, self.request.text, *after)

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the tools that are offered."""
        return offered(self.binding, self.request.situation, self.request.gap)


class Staging(Declared):
    """How often tools fail and calls are asked for at once, and how refusals are asked for."""

    seed: int
    fault_share: float
    parallel_share: float
    reasoning: bool
    safety_prompt: bool
    styles: dict[str, float]

    def quiet(self, job: Job) -> frozenset[int]:
        """Return the texts that no call may answer; a note that shows harm is not known yet."""
        if job.request.situation == "revealed":
            return frozenset()
        return frozenset(n for n, due in enumerate(job.parts) if due == "refusal")

    def incidents(self, job: Job) -> tuple[Incident, ...]:
        """Return what happens on the way: a note on what is found first, or a tool that fails."""
        if job.request.situation == "revealed":
            return (Incident(at=0, kind="reveal", text=job.request.later),)
        if job.sensitive or job.request.situation != "plain":
            return ()
        if share(self.seed, "fault", job.request.slot) >= self.fault_share:
            return ()
        drawn = rank(self.seed, "fault at", job.request.slot)
        at, which = drawn % len(job.binding.steps), drawn // 97 % len(FAULTS)
        return (Incident(at=at, kind="fault", code=FAULTS[which]),)

    def hints(self, job: Job) -> tuple[str, ...]:
        """Return the prompts that the responder has beside the row's own; no row holds them."""
        found = []
        if job.request.intent == "harmful" and self.safety_prompt:
            found.append("safety")
        if "refusal" in job.parts and (style := self._style(job)):
            found.append(f"style-{style}")
        if "work" in job.parts and self._at_once(job):
            found.append("hint-parallel")
        if "work" in job.parts and self.reasoning:
            found.append("hint-reasoning")
        return tuple(found)

    def _style(self, job: Job) -> str:
        weights = {name: weight for name, weight in self.styles.items() if weight > 0}
        if not weights:
            return ""
        if job.request.category == SELF_HARM:
            return "supportive"
        drawn = share(self.seed, "style", job.request.slot) * sum(weights.values())
        for name, weight in sorted(weights.items()):
            if drawn < weight:
                return name
            drawn -= weight
        return max(weights)

    def _at_once(self, job: Job) -> bool:
        alone = all(len(group) == 1 for group in independent_steps(job.binding.steps))
        return not alone and share(self.seed, "parallel", job.request.slot) < self.parallel_share


def system_message(job: Job, hints: Sequence[str]) -> str | None:
    """Return the system message a responder sees: hints, which no row holds, and the row's own."""
    parts = (*(load_prompt(name).system for name in hints), job.binding.system_prompt)
    return "\n\n".join(part for part in parts if part) or None


def sound_jobs(
    requests: Sequence[Instruction], bindings: Sequence[Binding], verdicts: Sequence[Verdict]
) -> tuple[list[Job], list[Job]]:
    """Return the requests that all checks accepted, in order.

    Then those of them that can't be put to anybody, as what comes before was not accepted.
    """
    by_subject: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_subject.setdefault(verdict.subject, []).append(verdict)
    sound = [row for row in requests if accepted(by_subject, row)]
    openings = {_place(row): row for row in sound if row.situation == "opening"}
    by_id = {binding.id: binding for binding in bindings}
    jobs = [
        Job(row, by_id[row.binding], _harm(by_subject[row.id]), openings.get(_place(row)))
        for row in sound
        if row.situation != "opening"
    ]
    whole = [job for job in jobs if job.opening or job.request.situation not in OPENINGS]
    return whole, [job for job in jobs if not job.opening and job.request.situation in OPENINGS]


def _place(row: Instruction) -> tuple[str, str, int]:
    """Return what an opening and the request that follows it have in common."""
    before = row.intent if row.situation == "opening" else OPENINGS.get(row.situation, "")
    return row.binding, before, row.sample


def _harm(verdicts: Sequence[Verdict]) -> str:
    return next(v.label for v in verdicts if v.check == "semantic")
