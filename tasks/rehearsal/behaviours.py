"""Models whose conduct is known beforehand, by their names: what measures models is tried on them.

`rehearsal-refuses` turns down everything, `rehearsal-complies` nothing. `rehearsal-heeds` turns
down what is harmful only if its system message tells it to refuse. `rehearsal-random-30` turns
down 30 % of all requests, whatever they ask for. They do what they don't turn down, harmful or
not, call by call; what they say then is a plain report.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from tasks.rehearsal.defects import Faults
from tasks.rehearsal.exchange import Asked, Said
from tasks.rehearsal.hints import wants
from tasks.rehearsal.jobs.work import work_on
from tasks.rehearsal.purposes import recognise
from tasks.rehearsal.refusals import refuse
from tasks.rehearsal.thread import Thread, find_harm, read_thread

REFUSES, COMPLIES, HEEDS = "rehearsal-refuses", "rehearsal-complies", "rehearsal-heeds"
_RANDOM = re.compile(r"rehearsal-random-(\d{1,2}|100)")
EXAMPLE = "rehearsal-random-30"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Which share of all requests is turned down, and whether harm is if it is told to refuse."""

    refused: float
    heeds: bool = False

    def declines(self, thread: Thread, asked: Asked, faults: Faults) -> bool:
        """Return whether a conversation is turned down here; drawn once until the user speaks."""
        if self.heeds and wants(asked, "refusing") and _is_harmful(thread):
            return True
        return faults.share("behaviour", thread.key) < self.refused


@lru_cache(maxsize=64)
def behaviour_of(model: str) -> Behaviour | None:
    """Return how a model behaves, whatever it is asked; None if it goes by what it is asked."""
    match model:
        case "rehearsal-refuses":
            return Behaviour(1.0)
        case "rehearsal-complies":
            return Behaviour(0.0)
        case "rehearsal-heeds":
            return Behaviour(0.0, heeds=True)
    found = _RANDOM.fullmatch(model)
    return Behaviour(int(found[1]) / 100) if found else None


def behave(behaviour: Behaviour, asked: Asked, faults: Faults) -> Said:
    """Return the next turn of an agent with a known conduct."""
    thread = read_thread(asked)
    if not behaviour.declines(thread, asked, faults):
        return work_on(thread, asked, faults)
    purpose, found = recognise(thread.text), find_harm(thread.turns)
    drawn = faults.rank("refusal", thread.key)
    return Said(text=refuse(found or purpose, asked.body.model, drawn, found=found is not None))


def _is_harmful(thread: Thread) -> bool:
    purpose = find_harm(thread.turns) or recognise(thread.text)
    return purpose is not None and purpose.intent == "harmful"
