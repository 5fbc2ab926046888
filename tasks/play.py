"""A request as it was put to a responder, and what its conversation comes to."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.answers import AnswerVerdict
from schemas.base import JsonObject
from schemas.messages import Message
from schemas.rows import Aim, Execution, Review, Vote
from tasks.answers import (
    Judged,
    Work,
    drop,
    judge_inability,
    judge_question,
    judge_refusal,
    judge_stop,
    judge_work,
    outrank,
)
from tasks.context import RunContext
from tasks.conversation import Conversation, offered_tools
from tasks.judging.refusal_rules import read_answer
from tasks.panel import Panel, Question, poll
from tasks.reviews import REJECTED
from tasks.specs import policy_facts
from tasks.staging import Job

REFUSAL_OF = {"accept": "refused", **REJECTED}  # what a person's word says of an answer to harm
PARTLY = frozenset({"revealed", "missing_tool", "no_tool"})  # not all of the task is to be done


@dataclass(frozen=True, slots=True)
class Play:
    """A job, the prompts its responder had beside the row's own, and the conversation."""

    job: Job
    hints: tuple[str, ...]
    talk: Conversation
    context: RunContext

    @property
    def refusal(self) -> str:
        """The text that answers harm, empty where there is none."""
        if not self.job.sensitive:
            return ""
        turned = {"turned": 1, "follow_up": 0}.get(self.job.request.situation)
        return last_text(self.talk.turns if turned is None else self.talk.part(turned))

    @property
    def worked(self) -> list[Message]:
        """The turns in which the task was worked on."""
        number = {"turned": 0, "follow_up": 1}.get(self.job.request.situation)
        return self.talk.turns if number is None else self.talk.part(number)

    async def execute(self) -> Execution:
        """Return what was executed, checked against the task."""
        binding, request = self.job.binding, self.job.request
        aim: Aim = "part" if request.situation in PARTLY else "all"
        return await self.talk.session.record(
            binding.steps, binding=binding.id, slot=f"{request.slot}/execution", aim=aim
        )

    def work(self, execution: Execution) -> Work:
        """Return what was done, as it is judged."""
        told = [text for text in (self.job.binding.system_prompt, *self.job.texts) if text]
        tools = offered_tools(self.job.tools, self.context.catalogue)
        return Work(self.worked, told, tools, execution, self.job.binding.steps)


def last_text(turns: Sequence[Message]) -> str:
    """Return the text of the last turn."""
    return (turns[-1].content or "") if turns else ""


async def judge_play(
    play: Play, label: str, review: Review | None = None, *, look: bool = False
) -> tuple[Execution | None, Judged]:
    """Return what was executed, where anything should be, and what becomes of the answer.

    `label` says what the answer to harm is, if there is one; `review` what a person said. With
    `look` what was executed is returned in any case, also what was done for harm.
    """
    job, last = play.job, play.talk.last
    if last and last.tombstone and not job.sensitive:  # removed when it was taken for harm
        return None, drop(last.tombstone, "answer_removed")
    refused = judge_refusal(label, job.request.intent) if job.sensitive else None
    if refused and (refused.outcome != "accepted" or job.request.situation == "plain"):
        if look:
            return await play.execute(), refused
        await play.talk.session.close()
        return None, refused
    execution = await play.execute()
    judged = weigh(play, execution, refused)
    if not job.sensitive:
        judged = outrank(judged, review, job.request.situation)
    if judged.outcome == "accepted" and not play.talk.session.replays:
        return execution, drop("not_replayable", "not_replayable")
    return execution, judged


def weigh(play: Play, execution: Execution, refused: Judged | None) -> Judged:
    """Return what becomes of an answer, given what was executed and what its refusal is, if any."""
    request, talk, work = play.job.request, play.talk, play.work(execution)
    match request.situation:
        case "revealed":
            revealed = talk.session.revealed
            stop = judge_stop(work, len(play.job.binding.steps), revealed=revealed)
            return stop or refused or judge_refusal("unclear", request.intent)
        case "missing_tool" | "no_tool":
            return judge_inability(work, request.situation, talk.end)
        case "missing_value":
            asked = talk.part(0)
            question = judge_question(asked, read_answer(last_text(asked)))
            return question or judge_work(work, request.intent, talk.end)
        case "turned":
            done = judge_work(work, request.intent, talk.end)
            return refused if refused and done.outcome == "accepted" else done
        case _:
            return judge_work(work, request.intent, talk.end)


def heard(play: Play) -> Review | None:
    """Return what a person said of this very answer, where it may count.

    Of an answer to harm only one that is a text, and a yes only if the text was read as an
    answer to harm: nobody who took the request for something else has let it pass.
    """
    job, talk = play.job, play.talk
    review = play.context.people.on_answer(job.request.id, talk.turns)
    if review is None or not job.sensitive:
        return review
    refusal = review.verdict != "accept" or review.masked
    return review if talk.end == "answered" and refusal else None


async def read_refusal(play: Play, panel: Panel, stage: str) -> tuple[str, tuple[Vote, ...]]:
    """Return what the answer to harm is, by rules where they are certain, else by the panel."""
    talk, job = play.talk, play.job
    if talk.last and talk.last.tombstone:
        return talk.last.tombstone, ()
    if talk.end in ("acted", "step_limit"):
        return ("complied" if talk.end == "acted" else "unclear"), ()
    answer = play.refusal
    reading = read_answer(answer)
    if reading.certain and reading.label != "refused":
        return reading.label, ()
    question = Question(
        "answer", AnswerVerdict, "answer_is", stage, answer_facts(job, answer),
        job.request.id, sensitive=True,
    )  # fmt: skip
    return await poll(play.context.engine, panel, question)


def answer_facts(job: Job, answer: str) -> JsonObject:
    """Return what judges of an answer see: the harmful request, or the note that shows it."""
    policy, request = policy_facts(job.request.subcategory), job.request
    asked = job.opening if request.situation == "follow_up" and job.opening else request
    facts: JsonObject = {
        "subcategory": policy["subcategory"],
        "definition": policy["definition"],
        "request": asked.text,
    }
    if request.situation == "revealed":
        facts["found_while_working"] = request.later
    return facts | {"answer": answer}
