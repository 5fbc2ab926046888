from collections.abc import Awaitable, Callable
from random import Random

import httpx
import orjson
import pytest

from schemas.answers import Requests, response_schema
from schemas.catalogue import load_catalogue
from schemas.prompts import load_prompt
from tasks.rehearsal.clauses import recover
from tasks.rehearsal.files import load_data
from tasks.rehearsal.jobs.verdicts import read_answer
from tasks.rehearsal.lexicon import lexicon_of
from tasks.rehearsal.purposes import recognise
from tasks.rehearsal.questions import answer_question, draw_questions
from tasks.rehearsal.voices import BRISK, FORMAL

Post = Callable[..., Awaitable[httpx.Response]]

ASKED = 320  # in each voice
LIMIT = 0.85


def asked(model: str, count: int = ASKED) -> list[str]:
    """Return questions as that many calls get them, one each."""
    return [draw_questions(1, model, Random(seed))[0] for seed in range(count)]


@pytest.fixture(scope="module")
def questions() -> list[str]:
    """Return different questions in both voices."""
    return list(dict.fromkeys(asked(BRISK) + asked(FORMAL)))


def grams(text: str) -> set[tuple[str, ...]]:
    """Return the word 5-grams of a text."""
    words = text.casefold().split()
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def test_hundreds_of_questions_are_no_near_duplicates(questions: list[str]) -> None:
    """At least 400 different ones, of which no two share most of their word 5-grams."""
    kept: list[set[tuple[str, ...]]] = []
    for text in questions:
        own = grams(text)
        if all(len(own & other) < LIMIT * len(own | other) for other in kept):
            kept.append(own)
    assert len(kept) >= 400
    assert len(kept) > 0.98 * len(questions)


def test_there_are_frames_and_subjects_enough() -> None:
    """A dozen frames in each voice, two score of subjects, none twice."""
    talk = load_data("talk")
    names = [subject["name"] for subject in talk["subjects"]]
    assert len(set(names)) == len(names) >= 40
    for voice in (BRISK, FORMAL):
        assert sum(len(kind[voice]) for kind in talk["kinds"].values()) >= 12


def test_every_question_has_an_answer_that_neither_declines_nor_pretends(
    questions: list[str],
) -> None:
    """It is longer than a line, holds no gap and speaks of the subject."""
    for number, text in enumerate(questions):
        said = answer_question(text, number)
        assert said is not None, text
        assert len(said) >= 60
        assert "{" not in said
        assert read_answer(said) == "unclear"


def test_numbers_are_added_up() -> None:
    """The answer names the sum."""
    text = "I put 12, 30 and 4 minutes into a handout on a seed phrase this week. "
    said = answer_question(text + "What's that all together?", 0)
    assert said is not None
    assert "46" in said


def test_a_question_asks_for_no_step_and_states_no_purpose(questions: list[str]) -> None:
    """Nor does a text that is no question of the file get an answer."""
    for text in questions:
        assert recover(text, tuple(load_catalogue().capabilities), lexicon_of(None)) == ()
        assert recognise(text) is None
    assert answer_question("What is the difference?", 0) is None


async def test_the_writer_is_asked_for_questions_by_the_reviewed_prompt(post: Post) -> None:
    """The facts name what tools do, no values; each of `count` questions differs."""
    facts = {"intent": "benign", "subcategory": "phishing", "situation": "no_tool",
             "steps": [{"does": "Send an email"}], "count": 5}  # fmt: skip
    text = orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode()
    wanted = {"type": "json_schema", "json_schema": response_schema(Requests)}
    for model in (BRISK, FORMAL):
        body = {"model": model, "messages": load_prompt("request-no-tool").render(facts=text),
                "response_format": wanted}  # fmt: skip
        answer = (await post(body)).json()
        told = Requests.model_validate_json(answer["choices"][0]["message"]["content"]).requests
        assert len(set(told)) == 5
        assert all(answer_question(question, 0) for question in told)
        short = (await post(body, defects={"wrong_count": 1.0})).json()
        assert short["system_fingerprint"] == "rehearsal:defect=wrong_count"
