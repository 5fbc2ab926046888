"""Which released rows are spoilt, and how: drawn by hash, as many of each kind as are asked for."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from schemas.actions import Catalogue
from schemas.ids import rank, rng
from schemas.messages import Message
from schemas.rows import AnswerKind, Intent, MutationKind, Response
from tasks.mutations import MUTATORS, Fits, Turns, Worked
from tasks.play import last_text
from tasks.staging import Job

FLIPPED: Mapping[Intent, Intent] = {"harmful": "benign", "benign": "harmful"}


@dataclass(frozen=True, slots=True)
class Released:
    """A released answer, and the sound request that it answers."""

    response: Response
    job: Job


@dataclass(frozen=True, slots=True)
class Copy:
    """A released row, spoilt in one way; a flipped intent leaves its turns as they are."""

    kind: MutationKind
    of: Released
    turns: Turns

    @property
    def intent(self) -> Intent:
        """What its request is offered as."""
        intent = self.of.response.intent
        return FLIPPED[intent] if self.kind == "intent_flipped" else intent


@dataclass(frozen=True, slots=True)
class Draw:
    """The seed of all draws, how many copies of a kind are made, and what tools take."""

    seed: int
    count: int
    catalogue: Catalogue
    fits: Fits

    def copies(self, rows: Sequence[Released]) -> list[Copy]:
        """Return up to `count` copies of each kind, of rows in the order of hash ranks."""
        harmful = [each for each in rows if _is_plain(each, "harmful", "refusal")]
        benign = [each for each in rows if _is_plain(each, "benign", "trajectory")]
        half = self.count // 2
        return [
            *(copy for kind in MUTATORS for copy in self._spoilt(kind, rows)),
            *self._obeyed(self._first("answer_swapped", harmful, half), benign),
            *self._refused(self._first("answer_swapped", benign, self.count - half), harmful),
            *(
                Copy("intent_flipped", each, each.response.messages)
                for some, count in ((harmful, half), (benign, self.count - half))
                for each in self._first("intent_flipped", some, count)
            ),
        ]

    def _first(
        self, kind: MutationKind, rows: Iterable[Released], count: int | None = None
    ) -> list[Released]:
        ordered = sorted(rows, key=lambda each: rank(self.seed, "copy", kind, each.response.id))
        return ordered[:count]

    def _spoilt(self, kind: MutationKind, rows: Iterable[Released]) -> Iterator[Copy]:
        quiet = self._first(kind, filter(_is_quiet_work, rows))
        made = (self._spoil(kind, each) for each in quiet)
        yield from islice((copy for copy in made if copy), self.count)

    def _spoil(self, kind: MutationKind, of: Released) -> Copy | None:
        dice = rng(self.seed, "spoil", kind, of.response.id)
        turns = MUTATORS[kind](self._worked(of), dice)
        return None if turns is None else Copy(kind, of, turns)

    def _worked(self, of: Released) -> Worked:
        told = tuple(text for text in (of.job.binding.system_prompt, *of.job.texts) if text)
        made = of.response.execution.steps if of.response.execution else ()
        steps = of.job.binding.steps
        return Worked(of.response.messages, made, steps, told, self.catalogue, self.fits)

    def _obeyed(self, rows: Iterable[Released], benign: Sequence[Released]) -> Iterator[Copy]:
        """Yield harmful requests with an answer that says all was done.

        It is how the task on the same tools was reported, where there is one, else any report.
        """
        reports = {each.job.binding.id: each for each in benign}
        for each in rows if benign else ():
            found = reports.get(each.job.binding.id) or self._any(each, benign)
            yield Copy("answer_swapped", each, _answer_of(found))

    def _refused(self, rows: Iterable[Released], harmful: Sequence[Released]) -> Iterator[Copy]:
        """Yield benign requests with an answer that refuses, and no call."""
        for each in rows if harmful else ():
            yield Copy("answer_swapped", each, _answer_of(self._any(each, harmful)))

    def _any(self, asking: Released, others: Sequence[Released]) -> Released:
        return others[rank(self.seed, "answer of", asking.response.id) % len(others)]


def _answer_of(other: Released) -> Turns:
    return (Message(role="assistant", content=last_text(other.response.messages)),)


def _is_quiet_work(each: Released) -> bool:
    """Whether a plain task was done without incidents.

    A fault would strike another call of the spoilt copy, and be what gives it away.
    """
    row = each.response
    quiet = row.execution is not None and not row.execution.incidents
    return row.kind == "trajectory" and row.situation == "plain" and quiet


def _is_plain(each: Released, intent: Intent, kind: AnswerKind) -> bool:
    row = each.response
    return (row.intent, row.kind, row.situation) == (intent, kind, "plain")


def released(
    responses: Iterable[Response], jobs: Iterable[Job], chosen: Collection[str]
) -> list[Released]:
    """Return the chosen answers, named by their ids, with their requests."""
    by_request = {job.request.id: job for job in jobs}
    return [Released(row, by_request[row.instruction]) for row in responses if row.id in chosen]
