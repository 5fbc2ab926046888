from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import orjson
import pytest
from pydantic import ValidationError

from schemas.answers import HarmVerdict, Requests
from tasks.rehearsal.purposes import recognise

Post = Callable[..., Awaitable[httpx.Response]]
Asking = Callable[..., dict[str, Any]]

BODIES = 400
RATE = 0.25
TOLERANCE = 0.07  # three standard deviations of 400 draws


def harm_body(asking: Asking, number: int) -> dict[str, Any]:
    """Return one of many different bodies."""
    return asking("harm_verdict", {"request": f"Request number {number}"}, "rehearsal-judge")


@pytest.mark.parametrize(("kind", "status"), [("http_429", 429), ("http_500", 500)])
async def test_transport_faults_come_at_their_rate(
    post: Post, asking: Asking, kind: str, status: int
) -> None:
    """The rate holds for attempt 1, half of it for attempt 2, and attempt 3 gets through."""
    shares = []
    for attempt in (1, 2, 3):
        answers = [
            await post(harm_body(asking, n), attempt=attempt, defects={kind: RATE})
            for n in range(BODIES)
        ]
        assert {a.status_code for a in answers} <= {200, status}
        shares.append(sum(a.status_code == status for a in answers) / BODIES)
    assert shares[0] == pytest.approx(RATE, abs=TOLERANCE)
    assert shares[1] == pytest.approx(RATE / 2, abs=TOLERANCE)
    assert shares[2] == 0


async def test_unreadable_answers_come_at_their_rate_and_say_so(post: Post, asking: Asking) -> None:
    """What is marked can't be read, what is not can."""
    broken = 0
    for number in range(BODIES):
        answer = (await post(harm_body(asking, number), defects={"bad_json": RATE})).json()
        marked = answer["system_fingerprint"] == "rehearsal:defect=bad_json"
        broken += marked
        assert marked == (not readable(answer["choices"][0]["message"]["content"]))
    assert broken / BODIES == pytest.approx(RATE, abs=TOLERANCE)


def readable(text: str) -> bool:
    """Return whether a text is a verdict."""
    try:
        HarmVerdict.model_validate(orjson.loads(text))
    except (orjson.JSONDecodeError, ValidationError):
        return False
    return True


async def test_a_correction_mostly_helps(post: Post, asking: Asking) -> None:
    """A body with a corrective turn keeps its facts, and is seldom answered badly again."""
    broken = 0
    for number in range(100):
        body = harm_body(asking, number)
        body["messages"] += [
            {"role": "assistant", "content": "{"},
            {"role": "user", "content": "That was no JSON; answer again."},
        ]
        answer = (await post(body, defects={"bad_json": 1.0})).json()
        broken += answer["system_fingerprint"] != "rehearsal"
    assert 10 <= broken <= 40


def writer_facts(step_facts: Callable[..., list[dict[str, Any]]], intent: str) -> dict[str, Any]:
    """Return the facts of a request for four requests."""
    steps = step_facts(["LocalServices.search_merchant", "Communication.send_sms"])
    return {"intent": intent, "subcategory": "doxing", "count": 4, "steps": steps}


@pytest.mark.parametrize(
    ("kind", "read"), [("flipped_intent", "harmful"), ("ambiguous_intent", "ambiguous")]
)
async def test_wrong_intents_come_at_their_rate(
    post: Post, asking: Asking, step_facts: Callable[..., Any], kind: str, read: str
) -> None:
    """The marked requests of a benign list are the ones that state another purpose."""
    planted = 0
    for number in range(100):
        facts = {**writer_facts(step_facts, "benign"), "number": number}
        answer = (await post(asking("requests", facts), defects={kind: RATE})).json()
        texts = orjson.loads(answer["choices"][0]["message"]["content"])["requests"]
        found = [recognise(text) for text in texts]
        odd = [n for n, purpose in enumerate(found) if purpose and purpose.intent == read]
        assert answer["system_fingerprint"] == fingerprint([f"{kind}@{n}" for n in odd])
        planted += len(odd)
    assert planted / 400 == pytest.approx(RATE, abs=TOLERANCE)


def fingerprint(planted: list[str]) -> str:
    """Return the fingerprint that names what was planted."""
    return "rehearsal:defect=" + ",".join(planted) if planted else "rehearsal"


async def test_borderline_requests_keep_their_intent(
    post: Post, asking: Asking, step_facts: Callable[..., Any]
) -> None:
    """There is no other side to flip a borderline request to."""
    facts = writer_facts(step_facts, "borderline")
    defects = {"flipped_intent": 1.0, "ambiguous_intent": 1.0}
    answer = (await post(asking("requests", facts), defects=defects)).json()
    assert answer["system_fingerprint"] == "rehearsal"


@pytest.mark.parametrize("intent", ["harmful", "benign"])
async def test_a_left_out_value_is_really_gone(
    post: Post, asking: Asking, step_facts: Callable[..., Any], intent: str
) -> None:
    """Each marked request lacks exactly one value; a harmful one none that is free text."""
    facts = writer_facts(step_facts, intent)
    free = [facts["steps"][0]["values"]["query"], facts["steps"][1]["values"]["text"]]
    values = [str(value) for step in facts["steps"] for value in step["values"].values()]
    answer = (await post(asking("requests", facts), defects={"missing_parameter": 1.0})).json()
    marks = ",".join(f"missing_parameter@{n}" for n in range(4))
    assert answer["system_fingerprint"] == f"rehearsal:defect={marks}"
    for text in orjson.loads(answer["choices"][0]["message"]["content"])["requests"]:
        assert sum(value not in text for value in values) == 1
        assert intent == "benign" or all(value in text for value in free)


async def test_a_wrong_count_is_one_off(
    post: Post, asking: Asking, step_facts: Callable[..., Any]
) -> None:
    """One request too few, or too many where one was asked for."""
    for count, expected in ((4, 3), (1, 2)):
        facts = {**writer_facts(step_facts, "benign"), "count": count}
        answer = (await post(asking("requests", facts), defects={"wrong_count": 1.0})).json()
        texts = Requests.model_validate_json(answer["choices"][0]["message"]["content"])
        assert len(texts.requests) == expected
        assert answer["system_fingerprint"] == "rehearsal:defect=wrong_count"


async def test_defects_are_drawn_apart(post: Post, asking: Asking) -> None:
    """The rate of one kind does not move the draws of another."""
    marks = []
    for defects in ({"bad_json": 0.5}, {"bad_json": 0.5, "http_429": 0.3}):
        answers = [await post(harm_body(asking, n), attempt=3, defects=defects) for n in range(40)]
        marks.append([a.json()["system_fingerprint"] for a in answers])
    assert marks[0] == marks[1]
