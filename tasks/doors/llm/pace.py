"""When the next call may go out: at once, until an endpoint shows what it takes."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from tasks.doors.llm.cap import Cap

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

AT_ONCE = 64  # calls that open a run together; the others follow RAMP_S apart
RAMP_S = 0.002
SETTLE_S = 0.5
LOOK_AGAIN_S = 0.25
LATE_S = 0.05  # timers are late: so much of it is made up for
_UNDER = 0.95  # of what it took, so that its own count and ours may drift
_LEAST = 0.8  # a jam is no rate: it is waited for, not divided by
_NEAR = 0.85  # of what it took: from here on growth is slow
_SIGN = 0.03  # refused share at which growth has found what it takes
_FOUND = 0.85  # of the rate when a share is first refused: those were sent at a lower one
_FAST, _SLOW, _SLOW_MOST = 0.7, 0.002, 0.25  # growth per second


class Pace:
    """Spaces the calls to one endpoint by the rate it was seen to take.

    Unpaced until `slow_down`, but for the caps that are declared. Then the rate grows again, the
    slower the nearer it is to what the endpoint took, and the faster the longer it was not
    refused.
    """

    def __init__(
        self,
        most_in_flight: int,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
    ) -> None:
        self.rate: float | None = None  # calls per second
        self.tokens = Cap(tokens_per_minute, clock)
        self._requests = Cap(requests_per_minute, clock)
        self._is_capped = requests_per_minute is not None or tokens_per_minute is not None
        self._clock, self._sleep = clock, sleep
        self._opening = most_in_flight
        self._count = 0
        self._next = 0.0
        self._turn = asyncio.Lock()
        self._held_until = 0.0
        self._sent: deque[float] = deque()  # times within the last second
        self._refused: deque[float] = deque()
        self._known_rate: float | None = None
        self._slowed_at = self._grown_at = 0.0

    async def wait_turn(self, tokens: float = 0) -> None:
        """Wait until the next call, of about so many tokens, may go out."""
        opening = AT_ONCE <= self._count < self._opening
        if opening or self._is_capped or self.rate is not None or self._turn.locked():
            # one waits for the clock, the others for it: a new rate holds from the next call on
            async with self._turn:
                await self._wait_until_due()
        now = self._clock()
        self._requests.spend(1)
        self.tokens.spend(tokens)
        self._next = max(self._next, now - LATE_S) + self._interval()
        self._count += 1
        self._sent.append(now)
        _forget(self._sent, now)

    async def _wait_until_due(self) -> None:
        while (due := self._due()) > self._clock():
            # an answer that was shorter than thought brings the turn forward
            await self._sleep(min(due - self._clock(), LOOK_AGAIN_S))

    def _due(self) -> float:
        return max(self._next, self._held_until, self._requests.due, self.tokens.due)

    @property
    def settling(self) -> bool:
        """Whether refusals may still be an echo of the rate before it was slowed down."""
        return self.rate is not None and self._clock() < self._slowed_at + SETTLE_S

    def note_refusal(self) -> None:
        """Note that the endpoint refused a call just now."""
        self._refused.append(self._clock())

    def grow(self, refused_share: float) -> None:
        """Raise the rate by what has passed since it was raised last."""
        now = self._clock()
        if self.rate is None or now <= self._grown_at:
            return
        if self._known_rate is None and refused_share > _SIGN:
            taken = self._taken_of_last_second(now)
            self._known_rate = self.rate = max(1.0, min(self.rate * _FOUND, taken))
        if self._turn.locked():  # what nobody waits for is not known to be taken either
            self.rate *= 1 + self._growth(now) * min(now - self._grown_at, 1.0)
        self._grown_at = now

    def slow_down(self, refused_share: float, hold_s: float) -> None:
        """Send nothing for `hold_s`, then at just under the rate that the endpoint took."""
        now = self._clock()
        if self.rate is None:
            # it may have taken a burst that says little of what it takes for long
            taken = self._taken_of_last_second(now)
        else:
            taken = self._known_rate = self.rate * max(1 - refused_share, _LEAST)
        self.rate = max(1.0, taken * _UNDER)
        self._held_until = max(self._held_until, now + hold_s)
        self._slowed_at = self._grown_at = self._held_until

    def _taken_of_last_second(self, now: float) -> float:
        _forget(self._sent, now)
        _forget(self._refused, now)
        return len(self._sent) - len(self._refused)

    def _growth(self, now: float) -> float:
        if self.rate is None or self._known_rate is None or self.rate < (_NEAR * self._known_rate):
            return _FAST
        return min(_SLOW * (now - self._slowed_at), _SLOW_MOST)

    def _interval(self) -> float:
        opening = AT_ONCE <= self._count < self._opening
        ramp = RAMP_S if opening else 0.0
        return ramp if self.rate is None else max(ramp, 1 / self.rate)


def _forget(times: deque[float], now: float) -> None:
    while times and times[0] < now - 1:
        times.popleft()
