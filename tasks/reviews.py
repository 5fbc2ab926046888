"""What people said of requests and answers, as a build takes it: their word outranks judges'."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal

from schemas.ids import digest, set_digest
from schemas.messages import Message
from schemas.rows import Review

RejectedByPeople = Literal["rejected_by_people", "relabelled_by_people"]
REJECTED: Mapping[str, RejectedByPeople] = {
    "reject": "rejected_by_people",
    "relabel": "relabelled_by_people",
}


@dataclass(frozen=True, slots=True)
class People:
    """Reviews, by what they are about: a request, or one answer to it."""

    requests: Mapping[str, Review] = field(default_factory=dict)
    answers: Mapping[tuple[str, str], Review] = field(default_factory=dict)

    def all(self) -> list[Review]:
        """Return all reviews, by id."""
        return sorted((*self.requests.values(), *self.answers.values()), key=attrgetter("id"))

    def on_request(self, instruction: str) -> Review | None:
        """Return what a person said of a request, by its id."""
        return self.requests.get(instruction)

    def on_answer(self, instruction: str, turns: Sequence[Message]) -> Review | None:
        """Return what a person said of this very answer to a request."""
        if not self.answers or not turns:
            return None
        return self.answers.get((instruction, answer_digest(turns)))


def gather(reviews: Iterable[Review]) -> People:
    """Return reviews by what they are about."""
    requests: dict[str, Review] = {}
    answers: dict[tuple[str, str], Review] = {}
    for review in reviews:
        if review.check == "semantic":
            requests[review.instruction] = review
        else:
            answers[review.instruction, review.answer] = review
    return People(requests, answers)


def answer_digest(turns: Iterable[Message]) -> str:
    """Return the digest of what turns say and call; ids of calls and what is trained are none."""
    return digest(
        [
            [turn.role, turn.content, [[call.name, call.arguments] for call in turn.tool_calls]]
            for turn in turns
        ]
    )


def digest_reviews(reviews: Iterable[Review]) -> dict[str, str]:
    """Return the digest of what reviews say, by `check/category`."""
    said: dict[str, list[str]] = defaultdict(list)
    for review in reviews:
        said[f"{review.check}/{review.category}"].append(review.content_digest())
    return {about: set_digest(found) for about, found in sorted(said.items())}
