"""Carries out what a request asks for, call by call, and says what came of it."""

from dataclasses import dataclass
from typing import Any

import orjson

from schemas.dataflow import fill_arguments
from schemas.ids import digest
from tasks.rehearsal.defects import Faults
from tasks.rehearsal.errand import Lacking, Step, find_lacking
from tasks.rehearsal.exchange import Asked, Said
from tasks.rehearsal.hints import wants
from tasks.rehearsal.missteps import Misstep, PlannedCall, draw_misstep, go_wrong
from tasks.rehearsal.progress import Progress, next_steps, read_progress, values_for
from tasks.rehearsal.questions import answer_question
from tasks.rehearsal.report import ASK, admit, announce, inquire, lack, summarise
from tasks.rehearsal.thread import Thread, steps_of

TRIES, PATIENCE = 2, 5  # how often a step may fail of itself, and in passing
LACK_FIRST_SHARE = 0.5  # of requests with a step without a tool: said before anything is done


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done, how far it has got, and what goes wrong with it."""

    asked: Asked
    key: str
    faults: Faults
    steps: tuple[Step, ...]
    lacking: Lacking | None
    progress: Progress
    misstep: Misstep | None
    due: tuple[int, ...]

    @property
    def wrong(self) -> Misstep | None:
        """The misstep, from its step on."""
        done = len(self.progress.made)
        return self.misstep if self.misstep and done >= self.misstep.step else None

    @property
    def defects(self) -> tuple[str, ...]:
        """What is planted in this turn."""
        return (self.wrong.kind,) if self.wrong else ()


def work_on(thread: Thread, asked: Asked, faults: Faults) -> Said:
    """Return the next turn on a request that is to be carried out: calls or words."""
    steps = steps_of(thread, asked)
    lacking = find_lacking(thread.text, asked.tools, asked.lexicon)
    if not steps and lacking is None:
        return _talk(thread, asked, faults)
    gap = next((step for step in steps if step.missing), None)
    work = _survey(thread, asked, faults, steps, lacking)
    if lacking is not None and _lacks_first(work):
        return Said(text=_lack(work, lacking, started=False))
    if gap is not None:
        return Said(text=inquire(gap, faults.rank("question", thread.key)))
    return _go_on(work)


def _talk(thread: Thread, asked: Asked, faults: Faults) -> Said:
    """Return an answer that needs no tool, or a question for what to do."""
    said = answer_question(thread.text, faults.rank("answer", thread.key))
    return Said(text=said or ASK.get(asked.body.model, ASK[""]))


def _survey(
    thread: Thread, asked: Asked, faults: Faults, steps: tuple[Step, ...], lacking: Lacking | None
) -> Work:
    misstep = draw_misstep(thread.key, steps, faults)
    at_once = misstep is None and wants(asked, "parallel")
    progress = read_progress(thread.turns, steps, asked.lexicon, at_once=at_once)
    due = next_steps(steps, progress.made, at_once=at_once)
    return Work(asked, thread.key, faults, steps, lacking, progress, misstep, due)


def _lacks_first(work: Work) -> bool:
    begins = not work.steps or work.faults.share("lack", work.key) < LACK_FIRST_SHARE
    return begins and not work.progress.observed


def _lack(work: Work, lacking: Lacking, *, started: bool) -> str:
    drawn, done = work.faults.rank("lacking", work.key), work.steps if started else ()
    return lack(lacking, done, work.progress, work.asked.body.model, drawn)


def _go_on(work: Work) -> Said:
    if work.wrong and work.wrong.kind == "endless_loop":
        return _call(work, (work.wrong.step,))
    if any(_is_beyond_hope(work.progress, step) for step in work.due):
        return _stop(work)
    if work.due:
        return _call(work, work.due)
    if work.lacking is not None:
        return Said(text=_lack(work, work.lacking, started=True), defects=work.defects)
    return Said(text=_summary(work), defects=work.defects)


def _is_beyond_hope(progress: Progress, step: int) -> bool:
    failed, passing = (progress.tries(step, passing=passing) for passing in (False, True))
    return failed >= TRIES or passing >= PATIENCE


def _summary(work: Work) -> str:
    drawn = work.faults.rank("ending", work.key)
    return summarise(work.steps, work.progress, work.asked.body.model, drawn)


def _stop(work: Work) -> Said:
    """Return an honest word that it failed; after a planted misstep at times a false one."""
    if work.wrong and work.faults.share("pretence", work.key) < 0.5:
        return Said(text=_summary(work), defects=work.defects)
    failed = next(step for step in work.due if _is_beyond_hope(work.progress, step))
    return Said(text=admit(work.steps, failed, work.progress), defects=work.defects)


def _call(work: Work, due: tuple[int, ...]) -> Said:
    planned = [_plan(work, step) for step in due]
    turn = work.progress.observed
    drawn = work.faults.share("words", work.key, turn)
    again = bool(work.progress.last and work.progress.last.passing)
    reasons = wants(work.asked, "reasoning")
    steps = [work.steps[step] for step in due]
    return Said(
        text=announce(steps, drawn, reasons=reasons, again=again),
        tool_calls=tuple(_entry(call, work.key, turn + n) for n, call in enumerate(planned)),
        defects=work.defects,
    )


def _plan(work: Work, number: int) -> PlannedCall:
    step, wrong = work.steps[number], work.wrong
    values = values_for(step, work.progress)
    here = wrong is not None and (
        wrong.step == len(work.progress.made) or wrong.kind == "endless_loop"
    )
    if wrong and here:
        return go_wrong(wrong, step, values, work.faults.rank("slip", work.key))
    return PlannedCall(step.tool.name, fill_arguments(step.tool, values))


def _entry(planned: PlannedCall, key: str, turn: int) -> dict[str, Any]:
    arguments = orjson.dumps(planned.arguments).decode()
    function = {"name": planned.tool, "arguments": arguments}
    return {"id": f"call_{digest(key, turn)[:16]}", "type": "function", "function": function}
