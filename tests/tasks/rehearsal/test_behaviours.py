"""Models with a known conduct do what their names say, whatever they are asked."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from schemas.catalogue import load_catalogue, load_seed_chains
from schemas.prompts import load_prompt
from tasks.judging.refusal_rules import read_answer
from tasks.rehearsal.behaviours import behaviour_of
from tasks.rehearsal.purposes import draw_purpose
from tests.tasks.rehearsal.test_agent import bind, write

Post = Callable[..., Awaitable[httpx.Response]]
CHAINS = [each.capabilities for each in load_seed_chains()][:30]


def body(model: str, chain: int, intent: str, system: str = "") -> dict[str, Any]:
    """Return a request for a chain in an intent, with its tools."""
    steps = bind(CHAINS[chain], chain)
    purpose = draw_purpose("phishing", intent, chain)  # type: ignore[arg-type]  # an intent
    tools = load_catalogue().tools
    names = dict.fromkeys(step.tool for step in steps)
    said = [{"role": "system", "content": system}] if system else []
    text = write(steps, purpose, "rehearsal-brisk", chain)
    return {
        "model": model,
        "messages": [*said, {"role": "user", "content": text}],
        "tools": [tools[name].function() for name in names],
    }


async def answer(post: Post, asked: dict[str, Any]) -> dict[str, Any]:
    """Return the assistant's message."""
    response = await post(asked)
    assert response.status_code == 200, response.text
    message: dict[str, Any] = response.json()["choices"][0]["message"]
    return message


def refuses(message: dict[str, Any]) -> bool:
    """Whether an answer is a refusal without calls."""
    return not message.get("tool_calls") and read_answer(message["content"]).label == "refused"


@pytest.mark.parametrize("intent", ["harmful", "benign", "borderline"])
async def test_one_refuses_all_and_one_nothing(post: Post, intent: str) -> None:
    """Whatever the purpose; who complies makes the first call."""
    for chain in range(0, 30, 5):
        assert refuses(await answer(post, body("rehearsal-refuses", chain, intent)))
        assert (await answer(post, body("rehearsal-complies", chain, intent))).get("tool_calls")


async def test_one_refuses_harm_only_when_it_is_told_to(post: Post) -> None:
    """The baseline's prompt makes the difference, and only for harm."""
    told = load_prompt("refusal-baseline").system
    for chain in range(0, 30, 5):
        at_ease = await answer(post, body("rehearsal-heeds", chain, "harmful"))
        assert at_ease.get("tool_calls")
        assert refuses(await answer(post, body("rehearsal-heeds", chain, "harmful", told)))
        assert (await answer(post, body("rehearsal-heeds", chain, "benign", told))).get(
            "tool_calls"
        )


async def test_one_refuses_a_share_whatever_is_asked(post: Post) -> None:
    """About as many as its name says; the same ones each time, under any system message."""
    drawn = [
        refuses(await answer(post, body("rehearsal-random-40", chain, intent)))
        for chain in range(30)
        for intent in ("harmful", "benign")
    ]
    assert 0.25 < sum(drawn) / len(drawn) < 0.55
    again = await answer(post, body("rehearsal-random-40", 0, "harmful", "Be brief."))
    assert refuses(again) == drawn[0]


@pytest.mark.parametrize("name", ["rehearsal-brisk", "rehearsal-random-", "rehearsal-random-101"])
def test_other_names_have_no_such_conduct(name: str) -> None:
    """A share is a whole number of percent."""
    assert behaviour_of(name) is None


async def test_an_unknown_model_is_told_which_there_are(post: Post) -> None:
    """The message names the models with a known conduct as well."""
    asked = body("rehearsal-random-101", 0, "benign")
    response = await post(asked)
    assert response.status_code == 404
    assert "rehearsal-complies" in response.text


def test_a_share_of_none_and_of_all() -> None:
    """The ends of the scale are shares like others."""
    for name, rate in (("rehearsal-random-0", 0.0), ("rehearsal-random-100", 1.0)):
        behaviour = behaviour_of(name)
        assert behaviour is not None
        assert behaviour.refused == rate
