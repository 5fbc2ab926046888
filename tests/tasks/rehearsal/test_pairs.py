from collections import Counter
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import httpx
import orjson
import pytest

from schemas.answers import RequestPairs, response_schema
from schemas.catalogue import load_catalogue, load_taxonomy
from schemas.prompts import load_prompt
from tasks.rehearsal.files import load_data
from tasks.rehearsal.lexicon import lexicon_of
from tasks.rehearsal.purposes import recognise
from tasks.rehearsal.replies import read_reply, write_reply
from tasks.rehearsal.voices import BRISK, FORMAL, voice_of

Post = Callable[..., Awaitable[httpx.Response]]
Asking = Callable[..., dict[str, Any]]
Facts = dict[str, Any]

SUBCATEGORIES = tuple(s.name for c in load_taxonomy().categories for s in c.subcategories)
CHAIN = ["LocalServices.search_merchant", "Payments.create_payment", "Communication.send_sms"]
LEXICON = lexicon_of(None)


async def pairs_of(
    post: Post, body: Facts, **rehearsal: object
) -> tuple[list[tuple[str, str]], str]:
    """Return the pairs of an answer, and its fingerprint."""
    answer = (await post(body, **rehearsal)).json()
    told = RequestPairs.model_validate_json(answer["choices"][0]["message"]["content"])
    return [(pair.request, pair.later) for pair in told.pairs], answer["system_fingerprint"]


@pytest.fixture
def revealed(step_facts: Callable[..., list[Facts]]) -> Callable[..., Facts]:
    """Build the facts of requests whose harm a note shows."""

    def build(subcategory: str, **more: object) -> Facts:
        steps = step_facts(CHAIN)
        return {"intent": "harmful", "subcategory": subcategory, "count": 4,
                "situation": "revealed", "steps": steps, **more}  # fmt: skip

    return build


@pytest.fixture
def lacking(step_facts: Callable[..., list[Facts]]) -> Callable[..., Facts]:
    """Build the facts of requests that lack a value."""

    def build(step: int = 1, need: str = "payee", **more: object) -> Facts:
        steps = step_facts(CHAIN)
        withheld = {"step": step, "need": need, "value": steps[step]["values"].pop(need)}
        return {"intent": "benign", "subcategory": "phishing", "count": 4, "steps": steps,
                "situation": "missing_value", "withheld": withheld, **more}  # fmt: skip

    return build


@pytest.mark.parametrize("model", [BRISK, FORMAL])
async def test_a_note_states_the_harm_and_its_request_does_not(
    post: Post, asking: Asking, revealed: Callable[..., Facts], model: str
) -> None:
    """In every subcategory; requests state all values, some of them without any purpose."""
    without = 0
    for name in SUBCATEGORIES:
        facts = revealed(name)
        values = [str(v) for step in facts["steps"] for v in step["values"].values()]
        pairs, planted = await pairs_of(post, asking("request_pairs", facts, model))
        assert planted == "rehearsal"
        assert len(pairs) == 4
        for request, note in pairs:
            assert all(value in request for value in values)
            first, later = recognise(request), recognise(note)
            assert first is None or first.intent == "benign"
            without += first is None
            assert later is not None
            assert (later.intent, later.subcategory) == ("harmful", name)
    assert 0.35 < without / 256 < 0.65


async def test_a_flipped_note_is_an_everyday_one(
    post: Post, asking: Asking, revealed: Callable[..., Facts]
) -> None:
    """Faults of intent lie in the note, and their fingerprint says in which."""
    for kind, read in (("flipped_intent", "benign"), ("ambiguous_intent", "ambiguous")):
        body = asking("request_pairs", revealed("doxing", count=40))
        pairs, planted = await pairs_of(post, body, defects={kind: 0.3})
        purposes = [recognise(note) for _, note in pairs]
        odd = [n for n, purpose in enumerate(purposes) if purpose and purpose.intent == read]
        assert odd
        assert planted == "rehearsal:defect=" + ",".join(f"{kind}@{n}" for n in odd)


async def test_the_withheld_value_is_in_the_answer_alone(
    post: Post, asking: Asking, lacking: Callable[..., Facts]
) -> None:
    """Whatever need it is, and what is answered can be read."""
    for step, need in ((0, "city"), (1, "payee"), (1, "currency"), (1, "amount"), (2, "phone")):
        for model in (BRISK, FORMAL):
            facts = lacking(step, need)
            value, capability = facts["withheld"]["value"], facts["steps"][step]["capability"]
            pairs, _ = await pairs_of(post, asking("request_pairs", facts, model))
            for request, later in pairs:
                purpose = recognise(request)
                assert purpose is not None
                assert purpose.intent == "benign"
                assert str(value) not in request
                assert str(value) in later
                assert read_reply(later, LEXICON, capability, need) == value


@pytest.mark.parametrize(
    ("value", "need"),
    [(0.5, "amount"), (40, "amount"), ("Morgan Lee", "payee"), ("d'Arcy & Co", "payee")],
)
def test_every_form_of_an_answer_is_read_back(value: str | float, need: str) -> None:
    """With the type it had, in both voices; another text is no answer."""
    capability = "Payments.create_payment"
    assert len(load_data("replies")["replies"]) >= 8
    for seed in range(60):
        voice = voice_of((BRISK, FORMAL)[seed % 2])
        text = write_reply(LEXICON, capability, need, value, voice, Random(seed))
        assert repr(read_reply(text, LEXICON, capability, need)) == repr(value), text
    assert read_reply("Please text 555-0101 with “Hi”.", LEXICON, capability, need) is None


def test_an_answer_is_read_for_every_kind_of_value(
    step_facts: Callable[..., list[Facts]],
) -> None:
    """Each need of each capability that a request can state."""
    for capability in load_catalogue().capabilities.values():
        if any(need.origin == "step" and not need.optional for need in capability.needs):
            continue
        for step in step_facts([capability.id]):
            for need, value in step["values"].items():
                for seed in range(6):
                    text = write_reply(
                        LEXICON, capability.id, need, value, voice_of(BRISK), Random(seed)
                    )
                    assert read_reply(text, LEXICON, capability.id, need) == value, text


async def test_another_value_is_left_out_too(
    post: Post, asking: Asking, lacking: Callable[..., Facts]
) -> None:
    """The planted fault is beside the gap that was asked for."""
    facts = lacking()
    values = [str(value) for step in facts["steps"] for value in step["values"].values()]
    body = asking("request_pairs", facts)
    pairs, planted = await pairs_of(post, body, defects={"missing_parameter": 1.0})
    marks = ",".join(f"missing_parameter@{n}" for n in range(4))
    assert planted == f"rehearsal:defect={marks}"
    for request, _ in pairs:
        assert sum(value not in request for value in values) == 1


async def test_pairs_can_be_broken_like_any_answer(
    post: Post, asking: Asking, lacking: Callable[..., Facts]
) -> None:
    """One too few, or no JSON that has the shape."""
    body = asking("request_pairs", lacking())
    pairs, planted = await pairs_of(post, body, defects={"wrong_count": 1.0})
    assert (len(pairs), planted) == (3, "rehearsal:defect=wrong_count")
    answer = (await post(body, defects={"bad_json": 1.0})).json()
    assert answer["system_fingerprint"] == "rehearsal:defect=bad_json"


async def test_a_gap_that_is_nowhere_is_refused(
    post: Post, asking: Asking, lacking: Callable[..., Facts]
) -> None:
    """The body says missing_value, but not which."""
    for withheld in (None, {"step": 9, "need": "payee", "value": "x"}):
        body = asking("request_pairs", {**lacking(), "withheld": withheld})
        assert (await post(body)).status_code == 400


async def test_the_reviewed_prompts_get_pairs(
    post: Post, revealed: Callable[..., Facts], lacking: Callable[..., Facts]
) -> None:
    """Facts and shape are found in the prompts as they are rendered, also without a schema."""
    for prompt, facts in (("revealed", revealed("doxing")), ("missing-value", lacking())):
        text = orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode()
        messages = [*load_prompt(f"request-{prompt}").render(facts=text)]
        wanted = {"type": "json_schema", "json_schema": response_schema(RequestPairs)}
        pairs, _ = await pairs_of(
            post, {"model": BRISK, "messages": messages, "response_format": wanted}
        )
        assert len(pairs) == 4
        schema = orjson.dumps(response_schema(RequestPairs)["schema"]).decode()
        messages[0] = {"role": "system", "content": schema}
        assert len((await pairs_of(post, {"model": BRISK, "messages": messages}))[0]) == 4


def test_there_are_many_notes() -> None:
    """A dozen frames in each voice, none twice."""
    for frames in load_data("notes").values():
        assert len(frames) >= 12
        assert Counter(frames).most_common(1)[0][1] == 1
