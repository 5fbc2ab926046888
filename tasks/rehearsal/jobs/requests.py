"""Writes requests for a binding: its steps, its values, and a purpose."""

from collections.abc import Sequence
from random import Random

from pydantic import Field

from schemas.params import DefectKind
from schemas.rows import Intent
from tasks.rehearsal.clauses import Clause
from tasks.rehearsal.defects import Faults
from tasks.rehearsal.exchange import Asked, BadBodyError, Facts, Said, say_json
from tasks.rehearsal.gaps import leave_out
from tasks.rehearsal.letters import compose_request
from tasks.rehearsal.lexicon import Lexicon
from tasks.rehearsal.purposes import draw_purpose
from tasks.rehearsal.sources import StepFacts, name_sources
from tasks.rehearsal.voices import voice_of


class WriterFacts(Facts):
    """What requests are written from."""

    intent: Intent
    subcategory: str
    count: int = 1
    steps: tuple[StepFacts, ...] = Field(min_length=1)


FLIPPED: dict[Intent, Intent] = {"harmful": "benign", "benign": "harmful"}


def write_requests(asked: Asked, faults: Faults) -> Said:
    """Return `count` requests as JSON, each with its own wording and purpose."""
    facts = asked.facts(WriterFacts)
    clauses = _clauses(facts.steps, asked.lexicon)
    count, short = _count(facts.count, asked, faults)
    written = [_write(index, facts, clauses, asked, faults) for index in range(count)]
    texts = [text for text, _ in written]
    defects = [f"{kind}@{index}" for index, (_, kind) in enumerate(written) if kind]
    return say_json({"requests": texts}, *short, *defects)


def _count(count: int, asked: Asked, faults: Faults) -> tuple[int, tuple[str, ...]]:
    if not faults.planted("wrong_count", asked.digest):
        return count, ()
    return count - 1 if count > 1 else count + 1, ("wrong_count",)


def _write(
    index: int, facts: WriterFacts, clauses: list[Clause], asked: Asked, faults: Faults
) -> tuple[str, DefectKind | None]:
    rng = Random(faults.rank("request", asked.digest, index))
    purpose, defect = _purpose(index, facts, asked, faults)
    voice = voice_of(asked.body.model)
    if defect is None and faults.planted("missing_parameter", asked.digest, index):
        left_out = leave_out(clauses, facts.intent, asked.lexicon, rng)
        if left_out is not None:
            clauses, defect = left_out, "missing_parameter"
    return compose_request(clauses, purpose, asked.lexicon, voice, rng), defect


def _clauses(steps: Sequence[StepFacts], lexicon: Lexicon) -> list[Clause]:
    """Return the steps as clauses. Raises: BadBodyError for one that can't be put into words."""
    for number, step in enumerate(steps, start=1):
        if not lexicon.expressible(step.capability, {*step.values, *step.uses}):
            msg = f"step {number} ({step.capability}) is unknown or lacks a value"
            raise BadBodyError(msg)
    called = name_sources(steps, lexicon)
    return [Clause(s.capability, s.values, uses) for s, uses in zip(steps, called, strict=True)]


def _purpose(
    index: int, facts: WriterFacts, asked: Asked, faults: Faults
) -> tuple[str, DefectKind | None]:
    """Return the purpose, or a planted one of another intent."""
    intent, subcategory = facts.intent, facts.subcategory
    drawn = faults.rank("purpose", asked.digest) + index
    if intent in FLIPPED and faults.planted("flipped_intent", asked.digest, index):
        return draw_purpose(subcategory, FLIPPED[intent], drawn), "flipped_intent"
    if intent in FLIPPED and faults.planted("ambiguous_intent", asked.digest, index):
        return draw_purpose(subcategory, "ambiguous", drawn), "ambiguous_intent"
    return draw_purpose(subcategory, intent, drawn), None
