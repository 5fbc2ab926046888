"""Writes requests in two parts: what is asked first, and what the conversation goes on with."""

from random import Random
from typing import Literal

from schemas.base import JsonValue
from tasks.rehearsal.clauses import Clause
from tasks.rehearsal.defects import Faults
from tasks.rehearsal.exchange import Asked, BadBodyError, Facts, Said, say_json
from tasks.rehearsal.jobs.writing import (
    WriterFacts,
    Written,
    choose_purpose,
    clauses_of,
    draw_count,
    lose_value,
    mark,
)
from tasks.rehearsal.letters import compose_request
from tasks.rehearsal.notes import write_note
from tasks.rehearsal.purposes import draw_purpose
from tasks.rehearsal.replies import write_reply
from tasks.rehearsal.voices import voice_of

UNSAID_SHARE = 0.5  # of requests before a note that give no purpose at all


class Withheld(Facts):
    """A value that the request is to leave out: of which step (0-based) and need."""

    step: int
    need: str
    value: JsonValue


class PairFacts(WriterFacts):
    """What requests in two parts are written from."""

    situation: Literal["revealed", "missing_value"]
    withheld: Withheld | None = None


def write_pairs(asked: Asked, faults: Faults) -> Said:
    """Return `count` requests as JSON, each with the note or the answer that comes later."""
    facts = asked.facts(PairFacts)
    withheld = _withheld(facts)
    gaps = {withheld.step: withheld.need} if withheld else {}
    clauses = clauses_of(facts.steps, asked.lexicon, gaps)
    count, short = draw_count(facts.count, asked, faults)
    written = [_write(n, facts, clauses, withheld, asked, faults) for n in range(count)]
    pairs = [{"request": request, "later": later} for (request, _), later in written]
    return say_json({"pairs": pairs}, *short, *mark([defect for (_, defect), _ in written]))


def _withheld(facts: PairFacts) -> Withheld | None:
    """Return the value that is left out, if one is. Raises: BadBodyError if one should be."""
    if facts.situation == "revealed":
        return None
    if facts.withheld is None or not 0 <= facts.withheld.step < len(facts.steps):
        msg = "`withheld` names no value of one of the steps"
        raise BadBodyError(msg)
    return facts.withheld


def _write(
    index: int,
    facts: PairFacts,
    clauses: list[Clause],
    withheld: Withheld | None,
    asked: Asked,
    faults: Faults,
) -> tuple[Written, str]:
    """Return a request, what is planted in the pair, and what comes later."""
    rng = Random(faults.rank("request", asked.digest, index))
    purpose, defect = choose_purpose(index, facts.intent, facts.subcategory, asked, faults)
    if defect is None:
        clauses, defect = lose_value(clauses, index, facts.intent, asked, faults, rng)
    voice = voice_of(asked.body.model)
    if withheld is None:
        said = "" if rng.random() < UNSAID_SHARE else _everyday(facts.subcategory, rng)
        later = write_note(purpose, asked.body.model, rng)
    else:
        said, capability = purpose, clauses[withheld.step].capability
        later = write_reply(asked.lexicon, capability, withheld.need, withheld.value, voice, rng)
    return (compose_request(clauses, said, asked.lexicon, voice, rng), defect), later


def _everyday(subcategory: str, rng: Random) -> str:
    return draw_purpose(subcategory, "benign", rng.randrange(2**32))
