"""When the next call may go out: at once, until an endpoint shows what it takes."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

AT_ONCE = 64  # calls that open a run together; the others follow RAMP_S apart
RAMP_S = 0.002
MEMORY_S = 1.0
_UNDER = 0.95  # of what it took, so that its own count and ours may drift
_NEAR = 0.85  # of what it took: from here on growth is slow
_FAST, _UNSURE, _SLOW, _SLOW_MOST = 1.0, 0.4, 0.01, 0.25  # growth per second


class Pace:
    """Spaces the calls to one endpoint by the rate it was seen to take.

    Unpaced until `slow_down`. Then the rate grows again, the slower the nearer it is to what
    the endpoint took, and the faster the longer it was not refused.
    """

    def __init__(self, most_in_flight: int, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self.rate: float | None = None  # calls per second
        self._clock, self._sleep = clock, sleep
        self._opening = most_in_flight
        self._sent = 0
        self._next = 0.0
        self._held_until = 0.0
        self._taken: deque[float] = deque()
        self._known_rate: float | None = None
        self._slowed_at = self._grown_at = self._started_at = 0.0

    async def wait_turn(self) -> None:
        """Wait until the next call may go out."""
        while True:
            now = self._clock()
            due = max(now, self._next, self._held_until)
            self._next = due + self._interval()
            if due > now:
                await self._sleep(due - now)
            if self._held_until <= due:
                break
        if not self._sent:
            self._started_at = self._clock()
        self._sent += 1

    def took_one(self) -> None:
        """Note that the endpoint took a call just now."""
        now = self._clock()
        self._taken.append(now)
        self._forget(now)

    def grow(self) -> None:
        """Raise the rate by what has passed since it was raised last."""
        if self.rate is None:
            return
        now = self._clock()
        self.rate *= 1 + self._growth(now) * min(now - self._grown_at, MEMORY_S)
        self._grown_at = now

    def slow_down(self, hold_s: float) -> None:
        """Send nothing for `hold_s`, then at just under the rate that the endpoint took."""
        now = self._clock()
        self._forget(now)
        # a run's first refusal may come from a burst that says nothing of the lasting rate
        self._known_rate = None if self.rate is None else max(1.0, len(self._taken) / MEMORY_S)
        self.rate = max(1.0, len(self._taken) / MEMORY_S) * _UNDER
        self._held_until = max(self._held_until, now + hold_s)
        self._next = self._held_until
        self._slowed_at = self._grown_at = self._held_until

    def _growth(self, now: float) -> float:
        if now < self._grown_at:
            return 0.0
        if self.rate is None or self._known_rate is None:
            return _UNSURE
        if self.rate < _NEAR * self._known_rate:
            return _FAST
        return min(_SLOW * (now - self._slowed_at), _SLOW_MOST)

    def _interval(self) -> float:
        opening = AT_ONCE <= self._sent < self._opening
        ramp = RAMP_S if opening else 0.0
        return ramp if self.rate is None else max(ramp, 1 / self.rate)

    def _forget(self, now: float) -> None:
        while self._taken and self._taken[0] < now - MEMORY_S:
            self._taken.popleft()
