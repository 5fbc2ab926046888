"""Generations that are refused or filtered, and where they go."""

from pathlib import Path
from typing import Any

import pytest

from schemas.answers import Requests, response_schema
from schemas.calls import Request
from tasks.doors.llm import Engine, Parsed
from tasks.doors.llm.parsing import declines
from tests.tasks.doors.llm.fakes import FakeModel, FakeStore, Heard, Said, ask_for, endpoint, params

WRITTEN = '{"requests": ["Please book a table for two."]}'
FILTERED = {"code": "content_filter", "message": "The prompt was filtered."}
BOTH = params(endpoint("a", model="strict"), endpoint("b", model="kind"))


def write(item: str, **values: Any) -> Request:  # noqa: ANN401 - fields of the model
    """Return a generator's request whose first endpoint the item draws."""
    schema = response_schema(Requests)
    return ask_for(item, **{"role": "generator", "response_schema": schema, **values})


async def ask(
    tmp_path: Path, strict: Said, store: FakeStore | None = None
) -> tuple[list[Parsed[Requests]], FakeModel]:
    """Return what comes of eight requests where one of two models always says `strict`."""

    def script(heard: Heard) -> Said:
        return strict if heard.body["model"] == "strict" else Said(WRITTEN)

    model = FakeModel(script)
    async with Engine(BOTH, store or FakeStore(), tmp_path, {}, app=model) as engine:
        return [await engine.ask_json(write(f"{n}"), Requests) for n in range(8)], model


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (Said("I\u2019m sorry, but I can\u2019t help with that."), "generator_refused"),
        (Said('{"requests": ["Sorry, but I cannot create this content."]}'), "generator_refused"),
        (Said(None, message={"refusal": "No."}), "generator_refused"),
        (Said("", finish="content_filter"), "content_filtered"),
        (Said(status=400, error=FILTERED), "content_filtered"),
    ],
)
async def test_the_next_model_writes_it(tmp_path: Path, said: Said, error: str) -> None:
    """In words, as data, in its own field or by a filter: one call, then the other model's."""
    store = FakeStore()
    found, model = await ask(tmp_path, said, store)
    assert {parsed.reply.endpoint for parsed in found} == {"b"}
    assert all(parsed.value is not None for parsed in found)
    passed = [parsed.by_endpoint for parsed in found if len(parsed.by_endpoint) == 2]
    assert passed
    assert {(first.endpoint, first.error) for first, _ in passed} == {("a", error)}
    assert len(model.heard) == len(store.replies) == 8 + len(passed)  # each an item of its own
    again, silent = await ask(tmp_path, said, store)
    assert [parsed.value for parsed in again] == [parsed.value for parsed in found]
    assert not silent.heard


async def test_refused_by_all_it_is_a_failure(tmp_path: Path) -> None:
    """With no model left the last refusal is the reply's error; nobody is corrected for it."""
    model = FakeModel(lambda heard: Said("I cannot help with this."))
    async with Engine(BOTH, FakeStore(), tmp_path, {}, app=model) as engine:
        parsed = await engine.ask_json(write("x"), Requests)
        assert engine.counts().failed == 2
    assert (parsed.value, parsed.reply.error) == (None, "generator_refused")
    assert [reply.error for reply in parsed.by_endpoint] == ["generator_refused"] * 2
    assert len(model.heard) == 2


async def test_a_judge_is_replaced_when_filtered_and_a_responder_never(tmp_path: Path) -> None:
    """Another judge can read what one's filter holds back; a responder's refusal is its answer."""
    filtered = Said("", finish="content_filter")
    model = FakeModel(lambda h: filtered if h.body["model"] == "strict" else Said("I won't."))
    async with Engine(BOTH, FakeStore(), tmp_path, {}, app=model) as engine:
        for role, error in (("judge", None), ("responder", "content_filtered")):
            replies = [await engine.ask(ask_for(f"{n}", role=role, item=f"{n}")) for n in range(8)]
            assert {reply.error for reply in replies if reply.endpoint == "a"} <= {error}
            assert {reply.endpoint for reply in replies} == ({"b"} if error is None else {"a", "b"})


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("I must decline to write that.", True),
        ('```json\n{"requests": ["I won\'t do this."]}\n```', True),
        ('{"requests": ["My bank says: I can\'t help you. Move 40 dollars for me."]}', False),
        ('{"requests": ["I can\'t help it, I love jazz: play some.", "Book a table."]}', False),
        ('{"requests": ["I can\'t support', False),  # cut: to be corrected
        ('{"chains": []}', False),
        ("Here are some ideas for you.", False),
        ("", False),
    ],
)
def test_what_declines(text: str, refused: bool) -> None:
    """Prose that refuses, or data in which every text does; one honest text makes it data."""
    assert declines(text) is refused
