"""What a request calls the things that an earlier step makes."""

import re
from collections.abc import Sequence

from pydantic import Field

from schemas.base import JsonObject
from tasks.rehearsal.exchange import Facts
from tasks.rehearsal.lexicon import Lexicon

_STEP = re.compile(r"step (\d+)")


class StepFacts(Facts):
    """A step of a binding, as a writer is told of it."""

    capability: str
    values: JsonObject = Field(default_factory=dict)
    uses: dict[str, str] = Field(default_factory=dict)


def name_sources(steps: Sequence[StepFacts], lexicon: Lexicon) -> list[dict[str, str]]:
    """Return for each step the needs that earlier steps fill, and what to call each.

    A step's `uses` says `step 1's fact`; the first step's capability says what its fact is.
    """
    return [
        {need: _called(source, steps, lexicon) for need, source in step.uses.items()}
        for step in steps
    ]


def _called(source: str, steps: Sequence[StepFacts], lexicon: Lexicon) -> str:
    found = _STEP.search(source)
    if found is None or not 0 < int(found[1]) <= len(steps):
        return "what came out before"
    return lexicon.words(steps[int(found[1]) - 1].capability).found
