"""Answers where neither a shape nor tools are offered."""

from tasks.rehearsal.defects import Faults
from tasks.rehearsal.exchange import Asked, Said
from tasks.rehearsal.hints import wanted_style
from tasks.rehearsal.purposes import recognise
from tasks.rehearsal.questions import answer_question
from tasks.rehearsal.refusals import refuse
from tasks.rehearsal.thread import read_thread


def talk(asked: Asked, faults: Faults) -> Said:
    """Return a refusal of a harmful request, an answer that needs no tool, or a polite word."""
    text = read_thread(asked).text
    purpose = recognise(text)
    if purpose is not None and purpose.intent == "harmful":
        drawn, style = faults.rank("refusal", asked.digest), wanted_style(asked)
        return Said(text=refuse(purpose, asked.body.model, drawn, style))
    said = answer_question(text, faults.rank("answer", asked.digest))
    return Said(text=said or "I can plan this with you, but I have no tools here to carry it out.")
