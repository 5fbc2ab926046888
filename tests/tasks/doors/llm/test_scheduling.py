"""Retries, limits and pace, in virtual time."""

import asyncio
import random
import tempfile
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.calls import Reply
from schemas.endpoints import Endpoint
from schemas.params import Limits
from tasks.doors.llm import Engine, map_bounded
from tasks.doors.llm.slots import Slots
from tests.tasks.doors.llm.fakes import (
    FakeModel,
    FakeStore,
    Heard,
    Said,
    Script,
    VirtualLoop,
    ask_for,
    endpoint,
    params,
    run_virtually,
)


def now() -> float:
    return asyncio.get_running_loop().time()


class Run:
    """What came of asking for some answers: the replies, and the seconds it took."""

    def __init__(
        self, script: Script, calls: int, *endpoints: Endpoint, in_flight: int = 64
    ) -> None:
        self.model = FakeModel(script)
        self.replies: list[Reply] = []
        self.lowest_limit = in_flight
        self._params = params(*endpoints, limits=Limits(in_flight=in_flight))
        self.seconds = run_virtually(self._ask(calls, 2 * in_flight))

    @property
    def refused_share(self) -> float:
        """The share of attempts that got no answer."""
        return 1 - len(self.replies) / len(self.model.heard)

    @property
    def errors(self) -> set[str | None]:
        """The kinds of errors among the replies."""
        return {reply.error for reply in self.replies}

    async def _ask(self, calls: int, width: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = FakeStore()
            async with Engine(self._params, store, Path(folder), {}, app=self.model) as engine:

                async def ask(number: int) -> Reply:
                    reply = await engine.ask(ask_for(f"{number}"))
                    self.lowest_limit = min(self.lowest_limit, engine.progress().limit)
                    return reply

                self.replies = await map_bounded(range(calls), ask, limit=width)
                self.last_limit = engine.progress().limit
                self.ended_at = now()


def test_refused_and_failed_attempts_are_repeated() -> None:
    """429, 500 and a cut connection are tried again, with a growing wait."""
    statuses = {1: 429, 2: 500, 3: 503}
    run = Run(lambda heard: Said(status=statuses.get(heard.attempt, 200)), 1)
    assert [heard.attempt for heard in run.model.heard] == [1, 2, 3, 4]
    assert (run.replies[0].attempts, run.replies[0].error) == (4, None)
    assert 0.7 < run.ended_at < 1  # 0.1 + 0.25 + 0.625, less the jitter


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (Said(status=429), "rate_limited"),
        (Said(status=500), "server_error"),
        (Said(raw=b"<html>busy</html>"), "server_error"),
        (Said(wait_s=11), "timeout"),
    ],
)
def test_after_the_last_attempt_it_is_an_error(said: Said, error: str) -> None:
    """The endpoint's attempts bound how often a call is tried; the reply says what stayed."""
    run = Run(lambda heard: said, 3, endpoint(max_attempts=3, timeout_s=10))
    assert run.errors == {error}
    assert len(run.model.heard) == 9
    assert {reply.attempts for reply in run.replies} == {3}


def test_a_refused_request_is_not_repeated() -> None:
    """A request that is bad stays bad."""
    run = Run(lambda heard: Said(status=422), 2)
    assert (run.errors, len(run.model.heard)) == ({"bad_request"}, 2)


def test_retry_after_is_honoured_with_jitter() -> None:
    """Nobody comes back early, and they don't come back together."""
    back: list[float] = []

    def script(heard: Heard) -> Said:
        if heard.attempt == 1:
            return Said(status=429, headers={"retry-after": "8"})
        back.append(now())
        return Said()

    Run(script, 6)
    assert min(back) >= 8
    assert max(back) <= 10
    assert len({round(at, 3) for at in back}) == 6


def test_one_stray_refusal_stops_nobody() -> None:
    """While one call waits to come back, the others go on at full width."""
    run = Run(
        lambda heard: (
            Said(status=429, headers={"retry-after": "5"})
            if heard.question == "3" and heard.attempt == 1
            else Said(wait_s=0.1)
        ),
        640,
    )
    assert run.model.most_in_flight == 64
    assert run.lowest_limit == 64
    assert run.ended_at < 6.5


@pytest.mark.parametrize(("part", "lowest", "times"), [(0.1, 64, 1.25), (0.2, 8, 5)])
def test_scattered_faults_do_not_slow_a_run(part: float, lowest: int, times: float) -> None:
    """A tenth of refusals that come whatever the rate costs a tenth; a fifth is no collapse."""
    rng = random.Random(7)
    run = Run(lambda heard: Said(status=429 if rng.random() < part else 200, wait_s=0.1), 2000)
    assert run.errors == {None}
    assert run.lowest_limit >= lowest
    assert run.ended_at < times * 2000 * 0.1 / (1 - part) / 64


class TokenBucket:
    """A server that takes bursts of 20, and so many calls a second."""

    def __init__(self, rate: float, *, retry_after: bool) -> None:
        self._rate, self._tokens, self._at = rate, 20.0, 0.0
        self._headers = {"retry-after": "1"} if retry_after else {}

    def __call__(self, _heard: Heard) -> Said:
        """Answer or refuse."""
        self._tokens = min(20.0, self._tokens + (now() - self._at) * self._rate)
        self._at = now()
        if self._tokens < 1:
            return Said(status=429, headers=self._headers, wait_s=0.002)
        self._tokens -= 1
        return Said(wait_s=0.05)


@pytest.mark.parametrize("retry_after", [False, True])
def test_a_token_bucket_is_kept_full_and_rarely_hit(*, retry_after: bool) -> None:
    """At 100 calls a second, 1,000 take at most 11.5 seconds with at most a tenth refused."""
    run = Run(TokenBucket(100, retry_after=retry_after), 1000)
    assert run.errors == {None}
    assert run.ended_at <= 11.5
    assert run.refused_share <= 0.1


class SlidingWindow:
    """A server that takes so many calls in any second."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._taken: deque[float] = deque()

    def __call__(self, _heard: Heard) -> Said:
        """Answer or refuse."""
        while self._taken and self._taken[0] <= now() - 1:
            self._taken.popleft()
        if len(self._taken) >= self._rate:
            return Said(status=429, headers={"retry-after": "1"}, wait_s=0.002)
        self._taken.append(now())
        return Said(wait_s=0.05)


def test_a_limited_rate_is_found_and_kept() -> None:
    """At 100 calls a second, 1,000 take little more than ten seconds, with few refused."""
    run = Run(SlidingWindow(100), 1000)
    assert run.errors == {None}
    assert run.ended_at <= 11
    assert run.refused_share <= 0.1


def test_a_full_endpoint_is_asked_less_and_then_more_again() -> None:
    """The limit shrinks while an endpoint refuses most calls, and grows back after."""
    full = [True]

    def script(heard: Heard) -> Said:
        full[0] = full[0] and now() < 3
        return Said(status=503 if full[0] and heard.attempt == 1 else 200, wait_s=0.02)

    run = Run(script, 2000)
    assert run.errors == {None}
    assert run.lowest_limit < 50
    assert run.last_limit == 64


def test_other_endpoints_go_on() -> None:
    """One endpoint's refusals leave the others' limits alone."""
    down = endpoint("a", model="down", max_attempts=2)
    run = Run(
        lambda heard: Said(status=429 if heard.body["model"] == "down" else 200, wait_s=0.05),
        400,
        down,
        endpoint("b"),
        in_flight=200,
    )
    kinds = Counter((reply.endpoint, reply.error) for reply in run.replies)
    assert set(kinds) == {("a", "rate_limited"), ("b", None)}


def test_a_stall_is_timed_out_and_repeated() -> None:
    """A call that hangs is given up after the endpoint's time-out and made again."""
    run = Run(
        lambda heard: Said(wait_s=9999 if heard.attempt == 1 else 0.1), 2, endpoint(timeout_s=30)
    )
    assert run.errors == {None}
    assert 30 < run.ended_at < 32


def test_no_batch_barriers() -> None:
    """A slow call holds back nobody: the rest is done in the time it would take alone."""
    ended: dict[str, float] = {}

    def script(heard: Heard) -> Said:
        wait_s = 50 if heard.question == "0" else 0.1
        ended[heard.question] = now() + wait_s
        return Said(wait_s=wait_s)

    Run(script, 641)
    assert sorted(ended.values())[-2] < 1.2


@st.composite
def worlds(draw: st.DrawFn) -> tuple[int, int, int, Sequence[tuple[int, float]]]:
    """Return in flight, per endpoint, calls, and the outcomes that a server goes through."""
    outcome = st.tuples(
        st.sampled_from([200, 200, 200, 429, 500, 503, 0]),
        st.floats(0.001, 3, allow_nan=False),
    )
    return (
        draw(st.integers(1, 12)),
        draw(st.integers(1, 12)),
        draw(st.integers(0, 40)),
        draw(st.lists(outcome, min_size=1, max_size=40)),
    )


@settings(max_examples=30, deadline=None)
@given(worlds())
def test_never_above_the_limit_none_lost_or_repeated(
    world: tuple[int, int, int, Sequence[tuple[int, float]]],
) -> None:
    """Whatever a server does, every call ends once, in order, and the bounds hold."""
    in_flight, per_endpoint, calls, outcomes = world
    step = iter(range(10**9))

    def script(_heard: Heard) -> Said:
        status, wait_s = outcomes[next(step) % len(outcomes)]
        return Said(status=status or 200, wait_s=wait_s if status else 60)

    one = endpoint(max_in_flight=per_endpoint, max_attempts=4, timeout_s=5)
    run = Run(script, calls, one, in_flight=in_flight)
    assert run.model.most_in_flight <= min(in_flight, per_endpoint)
    assert len({reply.key for reply in run.replies}) == len(run.replies) == calls
    attempts = Counter(heard.question for heard in run.model.heard)
    for number, reply in enumerate(run.replies):
        assert attempts[f"{number}"] == reply.attempts
        assert (reply.error is None) or reply.attempts == 4


@given(st.lists(st.sampled_from(["take", "give", "cancel", "grow", "shrink"]), max_size=60))
def test_slots_are_never_lost(steps: list[str]) -> None:
    """Places that are taken, given back, cancelled and resized in any order add up."""

    async def play() -> None:
        slots = Slots(3)
        waiting: list[asyncio.Task[None]] = []
        held = 0
        for step in steps:
            if step == "take":
                waiting.append(asyncio.create_task(slots.take()))
            elif step == "give" and held:
                slots.give_back()
                held -= 1
            elif step == "cancel" and waiting:
                waiting.pop().cancel()
            elif step in ("grow", "shrink"):
                slots.resize(max(1, slots.limit + (1 if step == "grow" else -1)))
            if step != "cancel":  # a cancellation meets a place that is handed over
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            held += sum(task.done() and not task.cancelled() for task in waiting)
            waiting = [task for task in waiting if not task.done()]
        await asyncio.sleep(0)
        held += sum(task.done() and not task.cancelled() for task in waiting)
        assert slots.used == held

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(play())
