"""An odd panel of judges: two waves, a majority, and an answer that can't be read is unknown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson

from schemas.answers import Answer, response_schema
from schemas.base import JsonObject
from schemas.calls import Request
from schemas.ids import row_id, share
from schemas.prompts import load_prompt
from schemas.rows import Vote
from tasks.doors.llm import Engine, map_bounded

A = TypeVar("A", bound=Answer)
UNKNOWN = "unknown"
SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Question(Generic[A]):
    """What a panel is asked: the seats' prompts are `<prompt>-<seat>`, the answer one field."""

    prompt: str
    answer: type[A]
    field: str
    stage: str
    facts: JsonObject
    subject: str
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """Who judges: seats in order, the share that always hears all of them, and the settings."""

    seats: tuple[str, ...]
    full_share: float
    temperature: float
    seed: int
    retry_epoch: int = 0


def decide(votes: Sequence[Vote], seats: int) -> str | None:
    """Return the label that a majority of all seats gave, or None while there is none."""
    counts = Counter(vote.answer for vote in votes if vote.answer is not None)
    return next((label for label, n in counts.items() if 2 * n > seats), None)


def conclude(votes: Sequence[Vote], seats: int) -> str:
    """Return a majority's label, else `unknown` if a vote was unreadable, or `split`."""
    if (label := decide(votes, seats)) is not None:
        return label
    return UNKNOWN if any(vote.answer is None for vote in votes) else SPLIT


def hears_all(seed: int, full_share: float, subject: str) -> bool:
    """Return whether a subject is in the share that all seats are asked of, by lot."""
    return share(seed, "full-panel", subject) < full_share


async def poll(engine: Engine, panel: Panel, question: Question[A]) -> tuple[str, tuple[Vote, ...]]:
    """Return the panel's label and the votes cast, in the order of the seats.

    The first wave is a majority of the seats; the others are asked only if it is undecided,
    or if the subject is in the hash-drawn share that always hears all.
    """
    first = len(panel.seats) // 2 + 1
    if hears_all(panel.seed, panel.full_share, question.subject):
        first = len(panel.seats)
    votes = await _wave(engine, panel, question, panel.seats[:first])
    if decide(votes, len(panel.seats)) is None:
        votes += await _wave(engine, panel, question, panel.seats[first:])
    return conclude(votes, len(panel.seats)), tuple(votes)


async def _wave(
    engine: Engine, panel: Panel, question: Question[A], seats: Sequence[str]
) -> list[Vote]:
    async def vote(seat: str) -> Vote:
        return await _vote(engine, panel, question, seat)

    return await map_bounded(seats, vote, limit=len(seats) or 1)


async def _vote(engine: Engine, panel: Panel, question: Question[A], seat: str) -> Vote:
    facts = orjson.dumps(question.facts, option=orjson.OPT_INDENT_2).decode()
    request = Request(
        role="judge",
        stage=question.stage,
        item=row_id("draw", question.subject, seat),
        messages=load_prompt(f"{question.prompt}-{seat}").render(facts=facts),
        response_schema=response_schema(question.answer),
        temperature=panel.temperature,
        max_tokens=300,
        sensitive=question.sensitive,
        retry_epoch=panel.retry_epoch,
    )
    parsed = await engine.ask_json(request, question.answer)
    # of a vote on what was removed there is left what it was removed for
    removed = parsed.reply.tombstone
    answer = removed if parsed.value is None else getattr(parsed.value, question.field)
    return Vote(seat=seat, endpoint=parsed.reply.endpoint, answer=answer, call=parsed.reply.key,
                error=parsed.reply.error)  # fmt: skip
