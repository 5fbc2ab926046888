"""Finds out what is wanted and hands it to the job that does it."""

from collections.abc import Callable

from tasks.rehearsal.behaviours import behave, behaviour_of
from tasks.rehearsal.defects import Faults, break_json
from tasks.rehearsal.exchange import Asked, Said
from tasks.rehearsal.jobs.agent import act
from tasks.rehearsal.jobs.chains import propose_chains
from tasks.rehearsal.jobs.pairs import write_pairs
from tasks.rehearsal.jobs.requests import write_requests
from tasks.rehearsal.jobs.simulation import simulate
from tasks.rehearsal.jobs.talk import talk
from tasks.rehearsal.jobs.verdicts import guard, judge_answer, judge_request

Job = Callable[[Asked, Faults], Said]

STRUCTURED: dict[str, Job] = {
    "chain_proposals": propose_chains,
    "requests": write_requests,
    "request_pairs": write_pairs,
    "harm_verdict": judge_request,
    "answer_verdict": judge_answer,
    "guard_verdict": guard,
    "simulated_result": simulate,
}


def answer(asked: Asked, faults: Faults) -> Said:
    """Return the answer to a request: structured where a shape is asked for, else free."""
    job = STRUCTURED.get(asked.job or "")
    if job is not None:
        return break_json(job(asked, faults), asked, faults)
    behaviour = behaviour_of(asked.body.model)
    if behaviour is not None:
        return behave(behaviour, asked, faults)
    return act(asked, faults) if asked.tools else talk(asked, faults)
