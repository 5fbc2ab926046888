"""Answers where neither a shape nor tools are offered."""

from tasks.rehearsal.defects import Faults
from tasks.rehearsal.exchange import Asked, Said
from tasks.rehearsal.purposes import recognise
from tasks.rehearsal.refusals import refuse


def talk(asked: Asked, faults: Faults) -> Said:
    """Return a refusal of a harmful request, else a polite word that tools are wanting."""
    purpose = recognise(asked.user_text)
    if purpose is not None and purpose.intent == "harmful":
        return Said(text=refuse(purpose, asked.body.model, faults.rank("refusal", asked.digest)))
    return Said(text="I can plan this with you, but I have no tools here to carry it out.")
