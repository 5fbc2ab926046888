"""What people may review: every row that a filter judged in a version's stage runs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from schemas.errors import BadInputError, WorkspaceError
from schemas.masked_rows import HARM_IN_TURNS
from schemas.messages import Message
from schemas.rows import (
    Instruction,
    Intent,
    Outcome,
    Policy,
    Receipt,
    Response,
    Review,
    Reviewed,
    Verdict,
)
from tasks.doors.store import Store
from tasks.formats.versions import Version
from tasks.reviews import People, answer_digest, gather


class Stratum(NamedTuple):
    """Rows that are drawn from together: alike in check, intent, filter's word and masking."""

    check: Reviewed
    intent: Intent
    accepted: bool
    masked: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """A row that a filter judged, with what a person has to see to judge it.

    `outcome` and `masked` are as they were when it was reviewed, if it was: a later build has
    the person's word in the filter's place.
    """

    check: Reviewed
    row: Instruction | Response
    request: Instruction
    opening: Instruction | None
    policy: Policy
    outcome: Outcome
    masked: bool
    review: Review | None = None

    @property
    def stratum(self) -> Stratum:
        """The rows it is drawn among."""
        return Stratum(self.check, self.row.intent, self.outcome == "accepted", self.masked)

    @property
    def turns(self) -> tuple[Message, ...]:
        """What was said, from the first request on."""
        first = self.opening or self.request
        said = Message(role="user", content=first.text, train=False)
        return (said, *self.row.messages) if isinstance(self.row, Response) else (said,)


@dataclass(frozen=True, slots=True)
class Frame:
    """All that could be reviewed, by id, and how many dropped answers have no text any more."""

    subjects: Sequence[Subject]
    gone: Mapping[Intent, int] = field(default_factory=dict)


async def find_receipts(store: Store, version: Version) -> list[Receipt]:
    """Return the stage runs that a version was selected from.

    Raises:
        BadInputError: the version doesn't name them.
        WorkspaceError: the store has lost some.
    """
    keys = version.manifest.receipts
    if not keys:
        msg = f"{version.name} doesn't say which stage runs it rests on: build once more"
        raise BadInputError(msg)
    found = [receipt for key in keys if (receipt := await store.receipt(key))]
    if len(found) < len(keys):
        lost = f"{len(keys) - len(found)} of {len(keys)} stage runs of {version.name}"
        raise WorkspaceError(f"{store.path} no longer holds {lost}: build it again first")
    return found


async def read_frame(store: Store, receipts: Sequence[Receipt]) -> Frame:
    """Return what people may review of stage runs."""
    requests = {row.id: row for row in await store.rows(Instruction, receipts)}
    verdicts = [v for v in await store.rows(Verdict, receipts) if v.check == "semantic"]
    answers = await store.rows(Response, receipts)
    policies = {row.subcategory: row for row in await store.rows(Policy, receipts)}
    reviews = await store.reviews()
    people = gather(reviews)
    harmful = {v.subject for v in verdicts if _is_harm(v, people.on_request(v.subject))}
    asked = [_request(v, requests[v.subject], policies, people, harmful) for v in verdicts]
    reader = _Answers(requests, policies, people, _latest(reviews), harmful)
    answered = [subject for row in answers if (subject := reader.subject(row))]
    found = sorted((*asked, *answered), key=attrgetter("row.id"))
    return Frame(found, reader.gone)


def _is_harm(verdict: Verdict, review: Review | None) -> bool:
    """Whether a request is masked: written as harm, or borderline and to be refused."""
    if review is not None:
        return review.masked
    seen = verdict.intent == "borderline" and verdict.label == "clear"
    return verdict.intent == "harmful" or seen


def _request(
    verdict: Verdict,
    row: Instruction,
    policies: Mapping[str, Policy],
    people: People,
    harmful: Iterable[str],
) -> Subject:
    review = people.on_request(row.id)
    return Subject(
        check="semantic",
        row=row,
        request=row,
        opening=None,
        policy=policies[row.subcategory],
        outcome=review.outcome if review else verdict.outcome,
        masked=row.id in harmful,
        review=review,
    )


def _latest(reviews: Iterable[Review]) -> dict[str, Review]:
    """Return the last review of any answer to a request, by request."""
    answers = (review for review in reviews if review.check == "response")
    return {review.instruction: review for review in sorted(answers, key=attrgetter("reviewed_at"))}


@dataclass(slots=True)
class _Answers:
    """Makes subjects of answers; counts those that left no text to be read."""

    requests: Mapping[str, Instruction]
    policies: Mapping[str, Policy]
    people: People
    latest: Mapping[str, Review]
    harmful: Iterable[str]
    gone: Counter[Intent] = field(default_factory=Counter)

    def subject(self, row: Response) -> Subject | None:
        """Return an answer as it is reviewed; None where its text is gone and nobody read it."""
        review = self.people.on_answer(row.instruction, row.messages)
        if row.by_people and review is None:  # what people rejected may have left no text
            review = self.latest.get(row.instruction)
        if review is None and not row.messages:
            self.gone[row.intent] += 1
            return None
        return Subject(
            check="response",
            row=row,
            request=self.requests[row.instruction],
            opening=self.requests.get(row.opening),
            policy=self.policies[row.subcategory],
            outcome=review.outcome if review else row.outcome,
            masked=review.masked if review else self._is_masked(row),
            review=review,
        )

    def _is_masked(self, row: Response) -> bool:
        shown = {row.instruction, row.opening}
        return row.situation in HARM_IN_TURNS or any(each in self.harmful for each in shown)


def answer_of(subject: Subject) -> str:
    """Return the digest of the answer that a subject shows; empty where it shows none."""
    row = subject.row
    return answer_digest(row.messages) if isinstance(row, Response) else ""
