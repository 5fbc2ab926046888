"""Which of a user's turns an agent acts on, and what has come after it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from schemas.base import JsonValue
from schemas.ids import digest
from tasks.rehearsal.body import Turn
from tasks.rehearsal.errand import Step, read_errand
from tasks.rehearsal.exchange import Asked
from tasks.rehearsal.purposes import Purpose, recognise
from tasks.rehearsal.replies import read_reply


@dataclass(frozen=True, slots=True)
class Answered:
    """What the user has answered to a question: the value of a step's need."""

    step: int
    need: str
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Thread:
    """What an agent is at: a request, and the turns since the user last spoke.

    `answered` completes the request. `key` stays the same until the user speaks again.
    """

    text: str
    key: str
    turns: tuple[Turn, ...]
    answered: Answered | None = None


def read_thread(asked: Asked) -> Thread:
    """Return the last request of a conversation; an answer to a question belongs to the one before.

    The key of a conversation with one request depends on model, text and tools alone.
    """
    messages = asked.body.messages
    said = [number for number, turn in enumerate(messages) if turn.role == "user"]
    texts = [messages[number].text for number in said] or [""]
    key = digest(asked.body.model, "\n\n".join(texts), asked.tools)
    turns = messages[said[-1] + 1 :] if said else messages
    answered = _answered(texts[-2], texts[-1], asked) if len(texts) > 1 else None
    return Thread(texts[-2] if answered else texts[-1], key, turns, answered)


def _answered(request: str, text: str, asked: Asked) -> Answered | None:
    """Return what a text answers about the request before it, if it does so."""
    for number, step in enumerate(read_errand(request, asked.tools, asked.lexicon)):
        for need in step.missing:
            value = read_reply(text, asked.lexicon, step.tool.capability, need)
            if value is not None:
                return Answered(number, need, value)
    return None


def steps_of(thread: Thread, asked: Asked) -> tuple[Step, ...]:
    """Return the steps that a request asks for, with what was answered since."""
    steps = read_errand(thread.text, asked.tools, asked.lexicon)
    answered = thread.answered
    if answered is None:
        return steps
    step = steps[answered.step]
    whole = replace(
        step,
        values={**step.values, answered.need: answered.value},
        missing=tuple(need for need in step.missing if need != answered.need),
    )
    return (*steps[: answered.step], whole, *steps[answered.step + 1 :])


def find_harm(turns: Sequence[Turn]) -> Purpose | None:
    """Return the harmful purpose that results of calls state; None if they state none."""
    for turn in reversed(turns):
        purpose = recognise(turn.text) if turn.role == "tool" else None
        if purpose is not None and purpose.intent == "harmful":
            return purpose
    return None
