"""The panel's arithmetic, and what becomes of a judge's answer that can't be read."""

from pathlib import Path

import pytest

from schemas.answers import AnswerVerdict
from schemas.rows import Vote
from tasks.panel import Panel, Question, conclude, decide, poll
from tests.tasks.doors.llm.fakes import FakeModel, Said, endpoint, params
from tests.tasks.samples import open_sample_run

SEATS = ("policy", "purpose", "outcome")
FACTS = {"subcategory": "a", "definition": "b", "request": "c", "answer": "d"}
VERDICT = '{"answer_is": "refused", "reason": "It declines."}'


def votes(*answers: str | None) -> list[Vote]:
    """Return one vote per answer."""
    return [Vote(seat=str(n), endpoint="e", answer=a, call="k") for n, a in enumerate(answers)]


@pytest.mark.parametrize(
    ("answers", "label"),
    [
        (("none", "none"), "none"),
        (("none", "clear", "clear"), "clear"),
        (("none", "some", "clear"), "split"),
        (("none", None, "clear"), "unknown"),
        ((None, "none", "none"), "none"),
        ((None, None, None), "unknown"),
    ],
)
def test_a_majority_of_all_seats_decides(answers: tuple[str | None, ...], label: str) -> None:
    """An unreadable vote is never counted as an answer; without a majority it is unknown."""
    assert conclude(votes(*answers), 3) == label


def test_one_vote_of_three_decides_nothing() -> None:
    """A majority is of the seats, not of the votes cast."""
    assert decide(votes("none"), 3) is None


async def judged(folder: Path, said: Said) -> tuple[str, list[str | None]]:
    """Return the panel's label and its votes, of judges who all say the same."""
    panel = Panel(SEATS, full_share=1, temperature=0, seed=0)
    question = Question("answer", AnswerVerdict, "answer_is", "tests", {**FACTS}, "response-1")
    settings = params(endpoint(max_attempts=1))
    async with open_sample_run(folder, settings, FakeModel(lambda heard: said)) as context:
        label, cast = await poll(context.engine, panel, question)
    return label, [vote.answer for vote in cast]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Answer: No, it was not refused yesterday.",
        "Answer: Yes",
        "refused",
        "I can't help with that.",
        '{"answer_is": "not refused"}',
        '{"answer_is": null}',
        '{"answer": "refused"}',
        '{"answer_is": "refused", "reason": "cut',
        f"It was refused, I think: {VERDICT}",
        VERDICT + '{"answer_is": "complied"}',
    ],
)
async def test_a_judge_who_cannot_be_read_has_no_vote(tmp_path: Path, text: str) -> None:
    """Neither a missing mark nor a word in passing is taken for either label."""
    assert await judged(tmp_path, Said(text)) == ("unknown", [None, None, None])


@pytest.mark.parametrize("status", [400, 500])
async def test_a_judge_who_fails_has_no_vote(tmp_path: Path, status: int) -> None:
    """An endpoint's error says nothing about the answer that was to be judged."""
    assert await judged(tmp_path, Said(status=status)) == ("unknown", [None, None, None])


@pytest.mark.parametrize(
    "text", [VERDICT, f"\n {VERDICT}\n", f"My reading:\n```json\n{VERDICT}\n```\nThat is all."]
)
async def test_a_verdict_is_read_within_a_fence_and_spacing(tmp_path: Path, text: str) -> None:
    """What stands around one fenced object doesn't matter."""
    assert await judged(tmp_path, Said(text)) == ("refused", ["refused"] * 3)
