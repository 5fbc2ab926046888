"""Incidents in a world: which one is due, and what an agent observes of it."""

from collections.abc import Iterable, Sequence
from typing import Literal

from schemas.base import JsonObject, JsonValue
from schemas.incidents import Incident
from schemas.rows import CallResult

FAULTS = {  # by code
    "temporarily_unavailable": "The service is temporarily unavailable.",
    "rate_limited": "There are too many requests just now.",
    "timed_out": "The service gave no answer in time.",
}
ADVICE = "Nothing was done; the same call can be made again."


class Agenda:
    """The incidents that have not happened yet, `waiting`. Each happens once."""

    def __init__(self, incidents: Iterable[Incident]) -> None:
        self.waiting = list(incidents)

    def due(self, kind: Literal["fault", "reveal"], log: Sequence[CallResult]) -> Incident | None:
        """Return the first incident of a kind that is due after the calls made so far, if any."""
        succeeded = sum(done.ok for done in log)
        fitting = (i for i in self.waiting if i.kind == kind and i.at <= succeeded)
        return next(fitting, None)

    def strike_off(self, incident: Incident) -> None:
        """Count an incident as having happened."""
        self.waiting.remove(incident)


def fault_observation(fault: Incident) -> JsonObject:
    """Return the result of a call that a fault struck: an error like any other."""
    return {"error": {"code": fault.code, "message": f"{FAULTS[fault.code]} {ADVICE}"}}


def with_note(result: JsonValue, text: str) -> JsonValue:
    """Return a result with a note on it. What lay at a dotted path in it still does.

    A list gets it as a last entry; a bare value becomes the `result` of an object. A result that
    has the note stays: a simulated one is told again, with it, when a world is made again.
    """
    if isinstance(result, list):
        note: JsonObject = {"note": text}
        return result if result[-1:] == [note] else [*result, note]
    noted: JsonObject = result if isinstance(result, dict) else {"result": result}
    keys = ("note", *(f"note_{number}" for number in range(2, len(noted) + 2)))
    free = next(key for key in keys if noted.get(key, text) == text)
    return {**noted, free: text}
