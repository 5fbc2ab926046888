import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx
import httpx2
import openai
import orjson
import pytest

from schemas.answers import (
    Answer,
    AnswerVerdict,
    ChainProposals,
    HarmVerdict,
    Requests,
    response_schema,
)
from schemas.catalogue import load_catalogue
from schemas.dataflow import capabilities_of, wire
from schemas.params import Rehearsal
from schemas.prompts import load_prompt
from tasks.rehearsal import create_app, identity

Post = Callable[..., Awaitable[httpx.Response]]
Asking = Callable[..., dict[str, Any]]

CAPABILITIES = [c.model_dump(mode="json") for c in load_catalogue().capabilities.values()]
CHAIN_FACTS = {
    "category": "online_fraud",
    "subcategory": "phishing",
    "known": [["Search.web_search", "Communication.send_email"]],
    "count": 6,
    "max_steps": 5,
    "capabilities": CAPABILITIES,
}


def content(response: httpx.Response) -> dict[str, Any]:
    """Return the decoded JSON of an answer's text."""
    decoded: dict[str, Any] = orjson.loads(response.json()["choices"][0]["message"]["content"])
    return decoded


async def test_the_real_client_gets_an_answer_and_usage() -> None:
    """AsyncOpenAI over an in-process transport works as with any endpoint."""
    transport = httpx2.ASGITransport(create_app(Rehearsal()))
    http = httpx2.AsyncClient(transport=transport)
    client = openai.AsyncOpenAI(base_url="http://rehearsal/v1", api_key="none", http_client=http)
    async with client:
        names = [model.id async for model in client.models.list()]
        answer = await client.chat.completions.create(
            model=names[0], messages=[{"role": "user", "content": "Hello"}]
        )
    assert names == ["rehearsal-brisk", "rehearsal-formal", "rehearsal-judge"]
    assert answer.choices[0].message.content
    assert answer.system_fingerprint == "rehearsal"
    assert answer.usage
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


async def test_an_unknown_model_or_route_gets_an_error_object(post: Post, asking: Asking) -> None:
    """Errors say what is known, in the shape the client understands."""
    response = await post({"model": "gpt", "messages": []})
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "model_not_found"
    assert "rehearsal-brisk" in response.json()["error"]["message"]
    transport = httpx.ASGITransport(create_app(Rehearsal()))
    async with httpx.AsyncClient(transport=transport, base_url="http://rehearsal") as client:
        assert (await client.get("/v1/other")).json()["error"]["code"] == "unknown_url"
        response = await client.post("/v1/chat/completions", content=b"{")
        assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_body")
        streaming = {"model": "rehearsal-judge", "messages": [], "stream": True}
        assert (await client.post("/v1/chat/completions", json=streaming)).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"messages": "hi"},
        {"messages": ["hi"]},
        {"messages": [{"role": "user", "content": "hi"}], "tools": [1]},
        {"messages": [{"role": "user", "content": "hi"}], "tools": [{"function": {}}]},
        {"messages": [{"role": "user", "content": "hi"}], "response_format": "json"},
        {"messages": [{"role": "user", "content": "hi"}], "max_tokens": "many"},
    ],
)
async def test_a_body_of_the_wrong_shape_is_refused(post: Post, body: dict[str, Any]) -> None:
    """What is no chat request gets a 400, never a crash."""
    response = await post({"model": "rehearsal-brisk", **body})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_body")


async def test_facts_that_lack_what_a_job_needs_are_refused(post: Post, asking: Asking) -> None:
    """A structured request without its facts gets a 400 that names what is missing."""
    response = await post(asking("chain_proposals", {"count": 2}))
    assert response.status_code == 400
    assert "capabilities" in response.json()["error"]["message"]


async def test_chains_are_new_distinct_and_wireable(post: Post, asking: Asking) -> None:
    """As many as asked for, of three to five steps, none known before."""
    answer = content(await post(asking("chain_proposals", CHAIN_FACTS)))
    chains = [tuple(c.capabilities) for c in ChainProposals.model_validate(answer).chains]
    assert len(set(chains)) == 6
    assert ("Search.web_search", "Communication.send_email") not in chains
    for chain in chains:
        assert 3 <= len(chain) <= 5
        wire(capabilities_of(load_catalogue(), chain))


async def test_chains_stay_within_the_steps_and_capabilities_given(
    post: Post, asking: Asking
) -> None:
    """With few capabilities there are fewer chains; none is longer than allowed."""
    few = [c for c in CAPABILITIES if c["id"].startswith(("Search.", "Ecommerce."))]
    facts = {**CHAIN_FACTS, "capabilities": few, "max_steps": 2, "count": 50}
    chains = content(await post(asking("chain_proposals", facts)))["chains"]
    assert 1 < len(chains) < 50
    assert {len(chain["capabilities"]) for chain in chains} <= {1, 2}


async def test_the_shape_is_known_from_words_too(post: Post, asking: Asking) -> None:
    """Where the schema stands in the system message, the answer has its shape."""
    for answer, facts in ((HarmVerdict, {"request": "x"}), (AnswerVerdict, {"answer": "x"})):
        body = asking("", facts)
        body["response_format"] = {"type": "json_object"}
        schema = orjson.dumps(response_schema(answer)["schema"]).decode()
        body["messages"].insert(0, {"role": "system", "content": f"Follow this schema: {schema}"})
        assert answer.model_validate(content(await post(body)))


async def test_the_reviewed_prompts_are_understood(
    post: Post, step_facts: Callable[..., list[dict[str, Any]]]
) -> None:
    """Facts are found in every prompt that asks for a shape, as it is really rendered."""
    steps = step_facts(["Search.web_search", "Communication.send_email"])
    facts = {**CHAIN_FACTS, "intent": "benign", "steps": steps, "request": "x", "answer": "x"}
    text = orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode()
    seats = ("policy", "purpose", "outcome")
    prompts: dict[str, type[Answer]] = {
        "chains": ChainProposals,
        **dict.fromkeys((f"request-{i}" for i in ("harmful", "benign", "borderline")), Requests),
        **dict.fromkeys((f"judge-{seat}" for seat in seats), HarmVerdict),
        **dict.fromkeys((f"answer-{seat}" for seat in seats), AnswerVerdict),
    }
    for name, answer in prompts.items():
        wanted = {"type": "json_schema", "json_schema": response_schema(answer)}
        messages = load_prompt(name).render(facts=text)
        body = {"model": "rehearsal-judge", "messages": messages, "response_format": wanted}
        assert answer.model_validate(content(await post(body))), name


async def test_requests_state_every_value_and_differ(
    post: Post, asking: Asking, step_facts: Callable[..., list[dict[str, Any]]]
) -> None:
    """Each of `count` requests holds all values; no two are near-duplicates."""
    steps = step_facts(["Search.web_search", "AI.create_image", "Communication.send_email"])
    facts = {"intent": "benign", "subcategory": "phishing", "count": 6, "steps": steps}
    for model in ("rehearsal-brisk", "rehearsal-formal"):
        texts = Requests.model_validate(content(await post(asking("requests", facts, model))))
        assert len(texts.requests) == 6
        values = [str(value) for step in steps for value in step["values"].values()]
        assert all(value in text for text in texts.requests for value in values)
        grams = [five_grams(text) for text in texts.requests]
        overlaps = [len(a & b) / len(a | b) for a in grams for b in grams if a is not b]
        assert sum(overlap >= 0.85 for overlap in overlaps) == 0


def five_grams(text: str) -> set[tuple[str, ...]]:
    """Return the word 5-grams of a text."""
    words = text.casefold().split()
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


async def test_a_long_answer_is_cut_at_the_limit(post: Post, asking: Asking) -> None:
    """Beyond max_tokens the text ends, and the finish reason says so."""
    body = {**asking("chain_proposals", CHAIN_FACTS), "max_tokens": 20}
    choice = (await post(body)).json()["choices"][0]
    assert choice["finish_reason"] == "length"
    assert len(choice["message"]["content"]) == 80


async def test_a_planted_time_out_waits_on_the_sleep_it_was_given(asking: Asking) -> None:
    """The app stalls for an hour; whoever calls owns the patience."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    app = create_app(Rehearsal(defects={"timeout": 1.0}), sleep=sleep)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://rehearsal") as client:
        body = asking("harm_verdict", {"request": "x"})
        await client.post("/v1/chat/completions", json=body)
        await client.post("/v1/chat/completions", json=body, headers={"x-attempt": "3"})
    assert waited == [3600.0]


async def test_the_app_lives_and_ends_with_its_server() -> None:
    """Start-up and shutdown are acknowledged."""
    events = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return next(events)

    async def send(event: MutableMapping[str, Any]) -> None:
        sent.append(event["type"])

    await create_app(Rehearsal())({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_the_same_body_gets_the_same_answer_whatever_its_form(
    post: Post, asking: Asking
) -> None:
    """The order of keys doesn't matter; a seed, a temperature or a model does."""
    body = asking("chain_proposals", CHAIN_FACTS)
    turned = dict(reversed(body.items()))
    first, second = await asyncio.gather(post(body), post(turned))
    assert first.content == second.content
    assert (await post({**body, "seed": 1})).content != first.content
    assert (await post(body, seed=1)).content != first.content


_SCRIPT = """
import asyncio, httpx, sys
from schemas.params import Rehearsal
from schemas.prompts import load_prompt
from tasks.rehearsal import create_app, identity
async def main():
    transport = httpx.ASGITransport(create_app(Rehearsal()))
    async with httpx.AsyncClient(transport=transport, base_url="http://rehearsal") as client:
        response = await client.post("/v1/chat/completions", content=sys.stdin.buffer.read())
    print(identity(Rehearsal()), response.text)
asyncio.run(main())
"""


def test_answers_do_not_depend_on_the_hash_seed(asking: Asking) -> None:
    """Two processes with different PYTHONHASHSEED say the same."""
    raw = orjson.dumps(asking("chain_proposals", CHAIN_FACTS))
    said = {
        subprocess.run(
            [sys.executable, "-c", _SCRIPT],
            input=raw,
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(said) == 1


def test_the_identity_tells_seeds_and_defects_apart() -> None:
    """What changes answers changes the identity; the same settings give the same one."""
    settings = [
        Rehearsal(),
        Rehearsal(seed=1),
        Rehearsal(marker="m"),
        Rehearsal(defects={"bad_json": 0.1}),
        Rehearsal(defects={"bad_json": 0.2}),
    ]
    assert len({identity(rehearsal) for rehearsal in settings}) == 5
    assert identity(Rehearsal()) == identity(Rehearsal())
