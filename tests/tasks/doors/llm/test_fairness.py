"""Stages that run at once share an endpoint; declared rates are never gone above."""

import asyncio
import tempfile
from collections import Counter, deque
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.params import Limits
from tasks.doors.llm import Engine, map_bounded
from tests.tasks.doors.llm.fakes import (
    FakeModel,
    FakeStore,
    Heard,
    Said,
    ask_for,
    endpoint,
    params,
    run_virtually,
)


def play(
    model: FakeModel,
    stages: list[int],
    in_flight: int,
    **values: Any,  # noqa: ANN401 - fields of the model
) -> float:
    """Ask for so many answers in each stage, all stages at once; return the virtual seconds."""

    async def run() -> None:
        both = params(endpoint(**values), limits=Limits(in_flight=in_flight))
        with tempfile.TemporaryDirectory() as folder:
            async with Engine(both, FakeStore(), Path(folder), {}, app=model) as engine:

                async def work(stage: int) -> None:
                    asked = [
                        ask_for(f"{stage}/{n}", stage=f"s{stage}") for n in range(stages[stage])
                    ]
                    replies = await map_bounded(asked, engine.ask, limit=2 * in_flight)
                    assert [reply.error for reply in replies] == [None] * stages[stage]

                await asyncio.gather(*map(work, range(len(stages))))

    return run_virtually(run())


@settings(max_examples=40, deadline=None)
@given(
    stages=st.lists(st.integers(0, 40), min_size=1, max_size=5),
    in_flight=st.integers(1, 8),
    faults=st.lists(st.sampled_from([200, 200, 200, 429, 500]), min_size=1, max_size=12),
)
def test_no_stage_is_starved_and_no_item_lost_or_repeated(
    stages: list[int], in_flight: int, faults: list[int]
) -> None:
    """While a stage has calls waiting, it gets every k-th place of k stages, whatever fails."""
    step = iter(range(10**9))

    def script(heard: Heard) -> Said:
        status = faults[next(step) % len(faults)] if heard.attempt < 5 else 200
        return Said(status=status, wait_s=0.1)

    model = FakeModel(script)
    play(model, stages, in_flight, max_attempts=8)
    assert model.most_in_flight <= in_flight
    first = [heard.question for heard in model.heard if heard.attempt == 1]
    assert Counter(first) == {f"{s}/{n}": 1 for s, count in enumerate(stages) for n in range(count)}
    if all(status == 200 for status in faults):
        _check_turns([question.partition("/")[0] for question in first], stages, in_flight)


def _check_turns(order: list[str], stages: list[int], in_flight: int) -> None:
    """Places are taken as asked at first; after that, stages with calls left take turns."""
    left = Counter({f"{stage}": count for stage, count in enumerate(stages) if count})
    waited: Counter[str] = Counter()
    for number, stage in enumerate(order):
        left[stage] -= 1
        for other in (name for name, count in left.items() if count > 0 and name != stage):
            waited[other] += number >= in_flight
            assert waited[other] <= 2 * len(stages)
        waited[stage] = 0


def test_a_short_stage_is_done_while_a_long_one_goes_on() -> None:
    """Ten calls beside a thousand take ten turns, not a thousand."""
    ended: dict[str, int] = {}
    model = FakeModel(lambda heard: Said(wait_s=0.1))
    play(model, [1000, 10], 4)
    for number, heard in enumerate(model.heard):
        ended[heard.question.partition("/")[0]] = number
    assert ended["1"] < 60


@settings(max_examples=20, deadline=None)
@given(per_minute=st.floats(30, 3000), calls=st.integers(1, 60))
def test_a_cap_on_requests_is_never_exceeded(per_minute: float, calls: int) -> None:
    """Calls go out no closer together than the cap allows, and no later."""
    at: list[float] = []

    def script(_heard: Heard) -> Said:
        at.append(asyncio.get_running_loop().time())
        return Said(wait_s=0.5)

    play(FakeModel(script), [calls], 64, requests_per_minute=per_minute)
    apart = 60 / per_minute
    assert all(later - earlier >= apart - 1e-6 for earlier, later in pairwise(at))
    assert at[-1] - at[0] <= (calls - 1) * apart + 0.01


def test_a_cap_on_tokens_holds_for_what_is_spent() -> None:
    """Over any minute no more tokens are spent than the cap allows, and hardly fewer."""
    spent: deque[float] = deque()

    def script(_heard: Heard) -> Said:
        spent.append(asyncio.get_running_loop().time())  # 15 tokens each, says the fake
        return Said(wait_s=0.05)

    play(FakeModel(script), [600], 8, tokens_per_minute=3000)
    each_minute = [sum(start <= at < start + 60 for at in spent) * 15 for start in spent]
    assert max(each_minute) <= 3000 * 1.1
    assert spent[-1] - spent[0] <= 600 * 15 / 3000 * 60 * 1.1
