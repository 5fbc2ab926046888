"""What the writers of requests have in common: their facts, clauses and planted faults."""

from collections.abc import Mapping, Sequence
from random import Random

from pydantic import Field

from schemas.params import DefectKind
from schemas.rows import Intent
from tasks.rehearsal.clauses import Clause
from tasks.rehearsal.defects import Faults
from tasks.rehearsal.exchange import Asked, BadBodyError, Facts
from tasks.rehearsal.gaps import leave_out
from tasks.rehearsal.lexicon import Lexicon
from tasks.rehearsal.purposes import draw_purpose
from tasks.rehearsal.sources import StepFacts, name_sources

FLIPPED: dict[Intent, Intent] = {"harmful": "benign", "benign": "harmful"}
Written = tuple[str, DefectKind | None]
Gaps = Mapping[int, str]  # by step (0-based) the need whose value is withheld


class WriterFacts(Facts):
    """What requests are written from."""

    intent: Intent
    subcategory: str
    count: int = 1
    steps: tuple[StepFacts, ...] = Field(min_length=1)


def draw_count(count: int, asked: Asked, faults: Faults) -> tuple[int, tuple[str, ...]]:
    """Return how many are written, and the fault if one too few or too many is planted."""
    if not faults.planted("wrong_count", asked.digest):
        return count, ()
    return count - 1 if count > 1 else count + 1, ("wrong_count",)


def mark(kinds: Sequence[DefectKind | None]) -> list[str]:
    """Return the faults of a list of texts as `kind@index`."""
    return [f"{kind}@{index}" for index, kind in enumerate(kinds) if kind]


def clauses_of(steps: Sequence[StepFacts], lexicon: Lexicon, gaps: Gaps) -> list[Clause]:
    """Return the steps as clauses. Raises: BadBodyError for one that can't be put into words."""
    for number, step in enumerate(steps):
        given = {*step.values, *step.uses, gaps.get(number, "")}
        if not lexicon.expressible(step.capability, given):
            msg = f"step {number + 1} ({step.capability}) is unknown or lacks a value"
            raise BadBodyError(msg)
    called = name_sources(steps, lexicon)
    return [Clause(s.capability, s.values, uses) for s, uses in zip(steps, called, strict=True)]


def lose_value(
    clauses: list[Clause],
    index: int,
    intent: Intent,
    asked: Asked,
    faults: Faults,
    rng: Random,
) -> tuple[list[Clause], DefectKind | None]:
    """Return the clauses, at the planted rate with one value unstated."""
    if not faults.planted("missing_parameter", asked.digest, index):
        return clauses, None
    left_out = leave_out(clauses, intent, asked.lexicon, rng)
    return (clauses, None) if left_out is None else (left_out, "missing_parameter")


def choose_purpose(
    index: int, intent: Intent, subcategory: str, asked: Asked, faults: Faults
) -> Written:
    """Return a purpose of the intent, or a planted one of another."""
    drawn = faults.rank("purpose", asked.digest) + index
    if intent in FLIPPED and faults.planted("flipped_intent", asked.digest, index):
        return draw_purpose(subcategory, FLIPPED[intent], drawn), "flipped_intent"
    if intent in FLIPPED and faults.planted("ambiguous_intent", asked.digest, index):
        return draw_purpose(subcategory, "ambiguous", drawn), "ambiguous_intent"
    return draw_purpose(subcategory, intent, drawn), None
