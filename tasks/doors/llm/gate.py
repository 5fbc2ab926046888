"""How much one endpoint is asked at a time, learnt from the share of calls it refuses."""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tasks.doors.llm.pace import Pace
from tasks.doors.llm.slots import Slots

WINDOW = 64
ENOUGH = 16  # outcomes before a share says anything
TOO_MANY = 0.3  # refused share of the window that means the endpoint is full, not a stray 429
TOO_MANY_PACED = 0.2
STEADY = 0.12  # up to this share the rate may grow
SHRINK = 0.7
HOLD_MOST_S = 120.0


@dataclass(slots=True)
class Pass:
    """One call on its way; `era` is the limit it went out under."""

    era: int
    refused: bool | None = None  # None: says nothing of how full the endpoint is
    retry_after_s: float = 0.0


class Gate:
    """Lets calls to one endpoint through: so many at a time, so far apart.

    Both adapt to the refused share of the last calls, counting only those that went out
    after the last change, so that one jam is answered once.
    """

    def __init__(self, limit: int, shared: Slots, pace: Pace) -> None:
        self.slots = Slots(limit)
        self._most = limit
        self._shared, self._pace = shared, pace
        self._window: deque[bool] = deque(maxlen=WINDOW)
        self._era = 0
        self._taken_since_growth = 0

    @property
    def refused_share(self) -> float:
        """The share of the last calls that was refused."""
        window = tuple(self._window)
        return sum(window) / len(window) if window else 0.0

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[Pass]:
        """Wait for a place and a turn; what the caller notes on the pass is learnt from."""
        await self.slots.take()
        try:
            await self._pace.wait_turn()
            await self._shared.take()
            try:
                going = Pass(self._era)
                yield going
            finally:
                self._shared.give_back()
            self._learn(going)
        finally:
            self.slots.give_back()

    def _learn(self, gone: Pass) -> None:
        if gone.refused is False:
            self._pace.took_one()
        if gone.refused is None or gone.era != self._era:
            return
        self._window.append(gone.refused)
        if not gone.refused:
            self._grow()
        elif self._is_full():
            self._shrink(gone.retry_after_s)

    def _is_full(self) -> bool:
        most = TOO_MANY if self._pace.rate is None else TOO_MANY_PACED
        return len(self._window) >= ENOUGH and self.refused_share > most

    def _shrink(self, hold_s: float) -> None:
        self._era += 1
        self._window.clear()
        self._taken_since_growth = 0
        self.slots.resize(max(1, int(self.slots.limit * SHRINK)))
        self._pace.slow_down(min(hold_s, HOLD_MOST_S))

    def _grow(self) -> None:
        if self._pace.rate is not None and self.refused_share < STEADY:
            self._pace.grow()
        self._taken_since_growth += 1
        if self.slots.limit < self._most and self._taken_since_growth >= self.slots.limit:
            self._taken_since_growth = 0
            self.slots.resize(min(self._most, self.slots.limit + max(1, self.slots.limit // 8)))
