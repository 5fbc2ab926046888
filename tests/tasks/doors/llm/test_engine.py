import asyncio
from pathlib import Path

import pytest

from schemas.calls import Request
from schemas.errors import EndpointError, StoppedError, WorkspaceError
from schemas.params import Limits, Rehearsal
from schemas.results import CallCounts
from tasks.doors.llm import Engine, map_bounded
from tests.tasks.doors.llm.fakes import (
    FakeModel,
    FakeStore,
    Heard,
    Said,
    ask_for,
    ask_json_for,
    endpoint,
    params,
    run_virtually,
)


async def test_an_answer_and_its_cache_hit(tmp_path: Path) -> None:
    """The first ask makes a call, the second one none; both say the same."""
    model, store = FakeModel(lambda heard: Said("Yes.")), FakeStore()
    async with Engine(params(), store, tmp_path, {"one": "sk-test"}, app=model) as engine:
        first, second = await engine.ask(ask_for()), await engine.ask(ask_for())
        assert (first.text, first.cached, first.usage.prompt_tokens) == ("Yes.", False, 10)
        assert second == first.model_copy(update={"cached": True})
        assert engine.counts() == CallCounts(made=1, cached=1, failed=0)
    assert len(model.heard) == 1
    assert model.heard[0].authorization == "Bearer sk-test"


async def test_a_later_run_finds_it(tmp_path: Path) -> None:
    """Another engine on the same store answers without the endpoint, which may have moved."""
    store = FakeStore()
    async with Engine(params(), store, tmp_path, {}, app=FakeModel()) as engine:
        made = await engine.ask(ask_for())
    silent = FakeModel(lambda heard: Said(status=500))
    moved = params(endpoint(base_url="http://elsewhere.example/v1", api_key_env="KEY"))
    async with Engine(moved, store, tmp_path, {}, app=silent) as engine:
        assert (await engine.ask(ask_for())).text == made.text
    assert not silent.heard
    assert store.infos[made.key].stage == "tests"


async def test_one_call_however_many_ask_at_once(tmp_path: Path) -> None:
    """Askers of one key wait for the one call."""
    model = FakeModel()
    async with Engine(params(), FakeStore(), tmp_path, {}, app=model) as engine:
        await asyncio.gather(*(engine.ask(ask_for()) for _ in range(20)))
        assert engine.counts() == CallCounts(made=1, cached=19, failed=0)
    assert len(model.heard) == 1


async def test_who_waits_for_a_cancelled_asker_asks_itself(tmp_path: Path) -> None:
    """A cancelled call does not take those down that waited for it."""
    hold = asyncio.Event()
    model = FakeModel(lambda heard: Said(wait_s=0 if hold.is_set() else 60))
    async with Engine(params(), FakeStore(), tmp_path, {}, app=model) as engine:
        first = asyncio.create_task(engine.ask(ask_for()))
        while not model.heard:
            await asyncio.sleep(0)
        second = asyncio.create_task(engine.ask(ask_for()))
        await asyncio.sleep(0)
        hold.set()
        first.cancel()
        assert (await second).error is None
    assert len(model.heard) == 2


async def test_look_ups_are_gathered(tmp_path: Path) -> None:
    """Asks of the same moment are one query."""
    store = FakeStore()
    async with Engine(params(), store, tmp_path, {}, app=FakeModel()) as engine:
        await asyncio.gather(*(engine.ask(ask_for(f"{n}")) for n in range(50)))
    assert store.lookups == [50]


async def test_samples_and_settings_are_other_calls(tmp_path: Path) -> None:
    """Index and temperature are in the key; item and stage are not."""
    model = FakeModel()
    asked = [
        ask_for(item="a"),
        ask_for(item="b", stage="other"),
        ask_for(index=1),
        ask_for(temperature=0.1),
    ]
    async with Engine(params(), FakeStore(), tmp_path, {}, app=model) as engine:
        replies = [await engine.ask(request) for request in asked]
    assert [reply.cached for reply in replies] == [False, True, False, False]


async def test_equal_keys_are_equal_bodies(tmp_path: Path) -> None:
    """The seed that is sent depends on the key alone."""
    model = FakeModel()
    seeded = params(endpoint(send_seed=True))
    for item in ("a", "b"):
        async with Engine(seeded, FakeStore(), tmp_path, {}, app=model) as engine:
            await engine.ask(ask_for(item=item))
    async with Engine(seeded, FakeStore(), tmp_path, {}, app=model) as engine:
        await engine.ask(ask_for(index=1))
    seeds = [heard.body["seed"] for heard in model.heard]
    assert seeds[0] == seeds[1] != seeds[2]


async def test_a_refused_generation_goes_to_the_next_model(tmp_path: Path) -> None:
    """What a writer refuses is asked of the role's other endpoint; both calls are kept."""
    model = FakeModel(
        lambda heard: (
            Said(message={"refusal": "No."}) if heard.body["model"] == "strict" else Said("Yes.")
        )
    )
    both = params(endpoint("a", model="strict"), endpoint("b", model="kind"))
    requests = [ask_for(f"{n}", role="generator") for n in range(8)]
    async with Engine(both, FakeStore(), tmp_path, {}, app=model) as engine:
        replies = [await engine.ask(request) for request in requests]
        assert {reply.endpoint for reply in replies} == {"b"}
        refused = await engine.ask(ask_for("x", role="responder", item="y"))
    assert refused.error is None
    assert any(heard.body["model"] == "strict" for heard in model.heard)


async def test_failures_that_pass_are_not_kept(tmp_path: Path) -> None:
    """A server error is told and forgotten, a refused request is told and kept."""
    store = FakeStore()
    model = FakeModel(lambda heard: Said(status=500 if heard.question == "down" else 400))
    impatient = params(endpoint(max_attempts=1))
    async with Engine(impatient, store, tmp_path, {}, app=model) as engine:
        assert (await engine.ask(ask_for("down"))).error == "server_error"
        assert (await engine.ask(ask_for("bad"))).error == "bad_request"
        assert engine.counts().failed == 2
    assert [reply.error for reply in store.replies.values()] == ["bad_request"]


async def test_what_an_endpoint_says_is_not_quoted_of_sensitive_requests(tmp_path: Path) -> None:
    """An endpoint's words may repeat the request."""
    model = FakeModel(lambda heard: Said(status=400, error={"message": "bad: " + heard.question}))
    async with Engine(params(), FakeStore(), tmp_path, {}, app=model) as engine:
        plain = await engine.ask(ask_for("a plain request"))
        sensitive = await engine.ask(ask_for("a harmful request", sensitive=True))
    assert "a plain request" in plain.detail
    assert "harmful" not in sensitive.detail


async def test_a_retry_epoch_samples_kept_failures_anew(tmp_path: Path) -> None:
    """With a raised epoch only what had failed is asked again; a second run asks nothing."""
    store = FakeStore()
    cut = FakeModel(lambda heard: Said(finish="length" if heard.question == "long" else "stop"))
    async with Engine(params(), store, tmp_path, {}, app=cut) as engine:
        assert (await engine.ask(ask_for("long"))).error == "truncated"
        assert (await engine.ask(ask_for("short"))).error is None
    whole = FakeModel()
    for made in (1, 0):
        async with Engine(params(), store, tmp_path, {}, app=whole) as engine:
            assert (await engine.ask(ask_for("long", retry_epoch=1))).error is None
            assert (await engine.ask(ask_for("short", retry_epoch=1))).error is None
            assert engine.counts().made == made
    assert len(whole.heard) == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Said(status=401), "set the environment variable MY_KEY"),
        (Said(status=403), "refuses the key"),
        (Said(status=404), "does not know the model 'm'"),
        (Said(status=301), "redirects elsewhere"),
        (Said(status=400, error={"code": "model_not_found"}), "does not know the model"),
        (Said(status=429, error={"code": "insufficient_quota"}), "quota is used up"),
    ],
)
async def test_what_no_call_can_get_past_ends_the_run(
    tmp_path: Path, said: Said, words: str
) -> None:
    """A wrong key, model or an empty account is said once, with where and what to do."""
    model = FakeModel(lambda heard: said)
    one = params(endpoint(api_key_env="MY_KEY"), limits=Limits(in_flight=2))
    async with Engine(one, FakeStore(), tmp_path, {}, app=model) as engine:
        with pytest.raises(EndpointError, match=words) as caught:
            await map_bounded(range(50), lambda n: engine.ask(ask_for(f"{n}")), limit=8)
        with pytest.raises(EndpointError):
            await engine.ask(ask_for("one more"))
    assert "'one' (one.example)" in str(caught.value)
    assert len(model.heard) <= 2


async def test_max_calls_stops_cleanly(tmp_path: Path) -> None:
    """The budget is not overrun, everything received is kept, and the next run resumes."""
    store, model = FakeStore(), FakeModel(lambda heard: Said(wait_s=0.001))
    tight = params(limits=Limits(in_flight=4, max_calls=10))
    for total in (10, 20):
        async with Engine(tight, store, tmp_path, {}, app=model) as engine:
            with pytest.raises(StoppedError, match="max_calls = 10"):
                await map_bounded(range(25), lambda n: engine.ask(ask_for(f"{n}")), limit=8)
        assert len(model.heard) == len(store.replies) == total
    async with Engine(tight, store, tmp_path, {}, app=model) as engine:
        replies = await map_bounded(range(25), lambda n: engine.ask(ask_for(f"{n}")), limit=8)
    assert all(reply.error is None for reply in replies)


async def test_max_cost_stops_cleanly(tmp_path: Path) -> None:
    """Known prices are added up; at the limit nothing more is sent."""
    store, model = FakeStore(), FakeModel()
    priced = params(
        endpoint(prompt_usd_per_million=100_000, completion_usd_per_million=200_000),
        limits=Limits(in_flight=1, max_cost_usd=5),
    )
    async with Engine(priced, store, tmp_path, {}, app=model) as engine:
        with pytest.raises(StoppedError, match="max_cost_usd = 5"):
            await map_bounded(range(9), lambda n: engine.ask(ask_for(f"{n}")), limit=3)
        assert engine.cost_usd == pytest.approx(6)  # two dollars a call
    assert len(store.replies) == 3


async def test_cancelled_with_everything_received_kept(tmp_path: Path) -> None:
    """Ctrl-C loses the calls in flight and nothing else, at once."""
    store = FakeStore()
    model = FakeModel(lambda heard: Said(wait_s=0 if int(heard.question) < 30 else 3600))

    async def run() -> None:
        async with Engine(params(), store, tmp_path, {}, app=model) as engine:
            await map_bounded(range(90), lambda n: engine.ask(ask_for(f"{n}")), limit=40)

    task = asyncio.create_task(run())
    while len(model.heard) < 70:
        await asyncio.sleep(0)
    before = asyncio.get_running_loop().time()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.get_running_loop().time() - before < 2
    assert len(store.replies) == 30
    assert not list(tmp_path.iterdir())


async def test_a_store_that_fails_is_told_and_loses_nothing(tmp_path: Path) -> None:
    """The journal keeps what the store could not take; the next run moves it."""
    store = FakeStore()
    store.failure = WorkspaceError("no space")
    with pytest.raises(WorkspaceError, match="no space"):
        async with Engine(params(), store, tmp_path, {}, app=FakeModel()) as engine:
            await engine.ask(ask_for())
    assert not store.replies
    store.failure = None
    async with Engine(params(), store, tmp_path, {}, app=FakeModel()) as engine:
        assert (await engine.ask(ask_for())).cached
        assert engine.counts().made == 0
    assert len(store.replies) == 1


def test_progress_counts_by_stage(tmp_path: Path) -> None:
    """A snapshot holds each stage's counts, the limit and the share that was refused."""
    model = FakeModel(lambda heard: Said(status=429 if heard.attempt == 1 else 200, wait_s=0.1))

    async def run() -> None:
        limits = Limits(in_flight=8)
        async with Engine(params(limits=limits), FakeStore(), tmp_path, {}, app=model) as engine:
            stages = {"a": 3, "b": 2}
            requests = [ask_for(f"{s}{n}", stage=s) for s, k in stages.items() for n in range(k)]
            work = asyncio.gather(*(engine.ask(request) for request in requests))
            await asyncio.sleep(0.05)
            assert engine.progress().in_flight == 5
            await work
            seen = engine.progress()
            assert {stage: counts.made for stage, counts in seen.stages.items()} == stages
            assert (seen.in_flight, seen.limit, seen.refused_share) == (0, 8, 0.5)

    run_virtually(run())


async def test_the_embedded_model_answers(tmp_path: Path) -> None:
    """Without any endpoint of one's own the embedded model is asked, with a seed."""
    from schemas.params import BuildParams

    build = BuildParams(rehearsal=Rehearsal(defects={"http_429": 0.5, "http_500": 0.3}))
    requests = [
        Request(role="responder", item=f"{n}", messages=({"role": "user", "content": f"Hi {n}"},))
        for n in range(20)
    ]
    texts = []
    for folder in ("a", "b"):
        async with Engine(build, FakeStore(), tmp_path / folder, {}) as engine:
            replies = await map_bounded(requests, engine.ask, limit=10)
            assert [reply.error for reply in replies] == [None] * 20
            assert max(reply.attempts for reply in replies) > 1
            texts.append([reply.text for reply in replies])
    assert texts[0] == texts[1]


async def test_structured_answers_keep_their_endpoint(tmp_path: Path) -> None:
    """A correction is asked of the endpoint that made the mistake."""

    def script(heard: Heard) -> Said:
        return Said() if len(heard.body["messages"]) > 1 else Said("not json")

    from schemas.answers import HarmVerdict

    model = FakeModel(script)
    both = params(endpoint("a", model="a"), endpoint("b", model="b"))
    async with Engine(both, FakeStore(), tmp_path, {}, app=model) as engine:
        for n in range(6):
            parsed = await engine.ask_json(ask_json_for(f"{n}"), HarmVerdict)
            assert parsed.value is not None
    asked = [heard.body["model"] for heard in model.heard]
    assert asked[::2] == asked[1::2]
