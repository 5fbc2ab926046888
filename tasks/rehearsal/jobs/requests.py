"""Writes requests for a binding: its steps, its values, and a purpose."""

from random import Random

from schemas.rows import Situation
from tasks.rehearsal.clauses import Clause
from tasks.rehearsal.defects import Faults
from tasks.rehearsal.exchange import Asked, Facts, Said, say_json
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
from tasks.rehearsal.questions import draw_questions
from tasks.rehearsal.voices import voice_of

UNSAID_SHARE = 0.1  # of benign requests that give no purpose; notes give away that of others


class _Situated(Facts):
    """What tells apart which requests are wanted."""

    situation: Situation = "plain"
    count: int = 1


def write_requests(asked: Asked, faults: Faults) -> Said:
    """Return `count` requests as JSON, each with its own wording and purpose."""
    situated = asked.facts(_Situated)
    if situated.situation == "no_tool":
        return _write_questions(situated.count, asked, faults)
    facts = asked.facts(WriterFacts)
    clauses = clauses_of(facts.steps, asked.lexicon, {})
    count, short = draw_count(facts.count, asked, faults)
    written = [_write(index, facts, clauses, asked, faults) for index in range(count)]
    texts = [text for text, _ in written]
    return say_json({"requests": texts}, *short, *mark([kind for _, kind in written]))


def _write_questions(count: int, asked: Asked, faults: Faults) -> Said:
    count, short = draw_count(count, asked, faults)
    rng = Random(faults.rank("questions", asked.digest))
    return say_json({"requests": draw_questions(count, asked.body.model, rng)}, *short)


def _write(
    index: int, facts: WriterFacts, clauses: list[Clause], asked: Asked, faults: Faults
) -> Written:
    rng = Random(faults.rank("request", asked.digest, index))
    purpose, defect = choose_purpose(index, facts.intent, facts.subcategory, asked, faults)
    if defect is None:
        clauses, defect = lose_value(clauses, index, facts.intent, asked, faults, rng)
    unsaid = faults.share("unsaid", asked.digest, index) < UNSAID_SHARE
    if facts.intent == "benign" and unsaid and defect in (None, "missing_parameter"):
        purpose = ""
    return compose_request(clauses, purpose, asked.lexicon, voice_of(asked.body.model), rng), defect
