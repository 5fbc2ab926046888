"""Trajectories that really ran: the plan of a binding as an agent would have made its calls."""

from functools import cache

from schemas.catalogue import load_catalogue
from schemas.messages import Message
from schemas.rows import Binding, Execution, Instruction, Response
from tasks.conversation import observation
from tasks.copies import Released
from tasks.mutating import takes
from tasks.mutations import Worked
from tasks.staging import Job
from tasks.world import builtin_toolbox, run_plan
from tests.tasks.samples import binding, request, response

FITS = takes(builtin_toolbox().contract)


@cache
def executed(number: int) -> tuple[Binding, Execution]:
    """Return a binding, and its plan as it was executed."""
    of = binding(number)
    return of, run_plan(of.steps, of.world_seed, binding=of.id, slot="s")


def asking(of: Binding) -> str:
    """Return a text that states all values of a binding."""
    values = (str(value) for step in of.steps for value in step.values.values())
    return f"Please see to these: {'; '.join(values)}."


def turns_of(execution: Execution, ending: str = "All of it is done.") -> tuple[Message, ...]:
    """Return the turns of an agent that makes one call after the other."""
    turns = []
    for done in execution.steps:
        turns += [Message(role="assistant", tool_calls=(done.call,)), observation(done)]
    return (*turns, Message(role="assistant", content=ending))


def worked(number: int, ending: str = "All of it is done.") -> Worked:
    """Return a trajectory as mutators see it."""
    of, execution = executed(number)
    turns = turns_of(execution, ending)
    return Worked(turns, execution.steps, of.steps, (asking(of),), load_catalogue(), FITS)


def answered(number: int, ending: str = "All of it is done.") -> tuple[Instruction, Response]:
    """Return a benign request and its released trajectory."""
    of, execution = executed(number)
    asked = request(of, "benign", asking(of))
    return asked, response(asked, *turns_of(execution, ending), execution=execution)


def refused(number: int) -> tuple[Instruction, Response]:
    """Return a harmful request and its released refusal."""
    of, _ = executed(number)
    asked = request(of, "harmful", f"{asking(of)} It is to deceive people.")
    turn = Message(role="assistant", content="I won't help with that: it deceives people.")
    return asked, response(asked, turn)


def released(number: int, ending: str = "All of it is done.", *, harmful: bool = False) -> Released:
    """Return a released row with its job."""
    asked, answer = refused(number) if harmful else answered(number, ending)
    return Released(answer, Job(asked, executed(number)[0], "clear" if harmful else "none"))
