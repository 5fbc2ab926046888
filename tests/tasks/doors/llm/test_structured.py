from pathlib import Path

import pytest

from schemas.answers import HarmVerdict
from tasks.doors.llm import Engine, Parsed
from tests.tasks.doors.llm.fakes import (
    GOOD,
    FakeModel,
    FakeStore,
    Heard,
    Said,
    ask_json_for,
    endpoint,
    params,
)


async def ask(
    engine: Engine, text: str = "a question", retry_epoch: int = 0
) -> Parsed[HarmVerdict]:
    return await engine.ask_json(ask_json_for(text, retry_epoch=retry_epoch), HarmVerdict)


async def test_a_good_answer_is_one_call(tmp_path: Path) -> None:
    """The schema is sent, the answer comes back as its model, with the call it is from."""
    model = FakeModel()
    async with Engine(params(), FakeStore(), tmp_path, {}, app=model) as engine:
        parsed = await ask(engine)
    assert parsed.value == HarmVerdict(signs_of_harm="none", reason="An errand.")
    assert parsed.keys == (parsed.reply.key,)
    assert model.heard[0].body["response_format"]["json_schema"]["name"] == "harm_verdict"


async def test_a_malformed_answer_is_corrected_once(tmp_path: Path) -> None:
    """The model sees its answer and what was wrong; both calls are named."""
    model = FakeModel(lambda heard: Said(GOOD if "can't be used" in heard.question else "Hm."))
    async with Engine(params(), FakeStore(), tmp_path, {}, app=model) as engine:
        parsed = await ask(engine)
        assert engine.counts().failed == 0
    assert parsed.value is not None
    assert len(parsed.keys) == len(model.heard) == 2
    assert model.heard[1].body["messages"][1] == {"role": "assistant", "content": "Hm."}
    assert parsed.reply.key == parsed.keys[-1]


async def test_then_another_sample_is_asked_for(tmp_path: Path) -> None:
    """The third call is the request as it was, under another sample index."""
    seeds: list[int] = []

    def script(heard: Heard) -> Said:
        seeds.append(heard.body["seed"])
        return Said(GOOD if len(seeds) == 3 else "Hm.")

    model = FakeModel(script)
    seeded = params(endpoint(send_seed=True))
    async with Engine(seeded, FakeStore(), tmp_path, {}, app=model) as engine:
        parsed = await ask(engine)
    assert parsed.value is not None
    assert len(set(parsed.keys)) == len(set(seeds)) == 3
    assert model.heard[2].body["messages"] == model.heard[0].body["messages"]


async def test_in_the_end_it_is_malformed(tmp_path: Path) -> None:
    """After three tries there is no value but an error; again, and it costs no call."""
    model, store = FakeModel(lambda heard: Said('{"signs_of_harm": "LOTS"}')), FakeStore()
    for made in (3, 0):
        async with Engine(params(), store, tmp_path, {}, app=model) as engine:
            parsed = await ask(engine)
            assert engine.counts().made == made
        assert (parsed.value, parsed.reply.error, len(parsed.keys)) == (None, "malformed", 3)
        assert "LOTS" not in parsed.reply.detail
    assert [reply.error for reply in store.replies.values()] == [None] * 3  # parsing isn't kept


async def test_a_retry_epoch_allows_one_more_sample(tmp_path: Path) -> None:
    """What stayed malformed gets another chance, at the price of one call."""
    store = FakeStore()
    async with Engine(params(), store, tmp_path, {}, app=FakeModel(lambda _: Said("?"))) as engine:
        await ask(engine)
    good = FakeModel()
    async with Engine(params(), store, tmp_path, {}, app=good) as engine:
        parsed = await ask(engine, retry_epoch=1)
    assert parsed.value is not None
    assert len(good.heard) == 1


async def test_an_empty_answer_is_not_sent_back(tmp_path: Path) -> None:
    """There is nothing to correct in it: the other sample is asked for at once."""
    model = FakeModel(lambda heard: Said("" if len(model.heard) == 1 else GOOD))
    async with Engine(params(), FakeStore(), tmp_path, {}, app=model) as engine:
        assert (await ask(engine)).value is not None
    assert model.heard[0].body == model.heard[1].body


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (Said(GOOD, finish="length"), "truncated"),
        (Said("", finish="content_filter"), "content_filtered"),
        (Said(status=400), "bad_request"),
    ],
)
async def test_other_failures_are_no_parse_failures(tmp_path: Path, said: Said, error: str) -> None:
    """They are told as they are, and use up none of the tries to parse."""
    model = FakeModel(lambda heard: said)
    async with Engine(params(), FakeStore(), tmp_path, {}, app=model) as engine:
        parsed = await ask(engine)
    assert (parsed.value, parsed.reply.error, len(model.heard)) == (None, error, 1)


async def test_a_declared_format_is_not_probed(tmp_path: Path) -> None:
    """An endpoint that is declared to take words alone is asked in words."""
    model = FakeModel(lambda heard: Said(f"Here:\n```json\n{GOOD}\n```"))
    declared = params(endpoint(structured="text"))
    async with Engine(declared, FakeStore(), tmp_path, {}, app=model) as engine:
        assert (await ask(engine)).value is not None
    assert len(model.heard) == 1
    first = model.heard[0].body["messages"][0]
    assert (first["role"], "signs_of_harm" in first["content"]) == ("system", True)
    assert "```json" in first["content"]
    assert "response_format" not in model.heard[0].body


async def test_the_format_is_not_in_the_key(tmp_path: Path) -> None:
    """An answer that was got in one format is a hit in any other."""
    store = FakeStore()
    async with Engine(params(), store, tmp_path, {}, app=FakeModel()) as engine:
        await ask(engine)
    declared = params(endpoint(structured="text"))
    async with Engine(declared, store, tmp_path, {}, app=FakeModel()) as engine:
        assert (await ask(engine)).reply.cached


async def test_a_declared_format_is_not_given_up(tmp_path: Path) -> None:
    """Where the parameters say how to ask, a refusal that names it is a refusal."""
    said = Said(status=400, error={"message": "response_format schema too deep"})
    model = FakeModel(lambda heard: said)
    async with Engine(params(), FakeStore(), tmp_path, {}, app=model) as engine:
        assert (await ask(engine)).reply.error == "bad_request"
    assert len(model.heard) == 1


async def test_the_other_name_of_the_length_limit(tmp_path: Path) -> None:
    """Models that want `max_completion_tokens` get it from then on."""

    def script(heard: Heard) -> Said:
        if "max_tokens" in heard.body:
            message = "Unsupported parameter: use max_completion_tokens instead"
            return Said(status=400, error={"message": message})
        return Said()

    model = FakeModel(script)
    async with Engine(params(), FakeStore(), tmp_path, {}, app=model) as engine:
        await ask(engine)
        await ask(engine, "two")
    assert len(model.heard) == 3
