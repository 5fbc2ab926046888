"""How much one endpoint is asked at a time, learnt from the share of calls it refuses."""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tasks.doors.llm.pace import Pace
from tasks.doors.llm.slots import Slots

WINDOW = 64
ENOUGH = 32  # outcomes before a share says anything
ENOUGH_OF_MOST = 16  # if it is as high as MOST
TOO_MANY = 0.35  # refused share of the window that means the endpoint is full, not a stray 429
TOO_MANY_PACED = 0.12
MOST = 0.6  # from here on it takes hardly anything, and is left alone for a while
STEADY = 0.04  # up to this share the rate may grow
NOISE_MOST = 0.3
SHRINK = 0.7
HOLD_S = 0.3  # where it does not say how long
HOLD_MOST_S = 120.0


@dataclass(slots=True)
class Pass:
    """One call on its way; `era` is the limit it went out under."""

    era: int
    refused: bool | None = None  # None: says nothing of how full the endpoint is
    retry_after_s: float | None = None
    tokens: float | None = None  # what it spent, where the endpoint says so


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
        self._calm_rate: float | None = None  # when it was last refused next to nothing
        self._noise = 0.0  # refused share that no change of ours has an effect on

    @property
    def refused_share(self) -> float:
        """The share of the last calls that was refused."""
        window = tuple(self._window)
        return sum(window) / len(window) if window else 0.0

    @asynccontextmanager
    async def passing(self, stage: str = "", tokens: float = 0) -> AsyncIterator[Pass]:
        """Wait for a place and a turn; what the caller notes on the pass is learnt from.

        Stages that wait take turns; `tokens` is what the call is thought to spend.
        """
        await self.slots.take(stage)
        try:
            await self._pace.wait_turn(tokens)
            await self._shared.take(stage)
            try:
                going = Pass(self._era)
                yield going
            finally:
                self._shared.give_back()
            self._learn(going)
            if going.tokens is not None:
                self._pace.tokens.correct(going.tokens - tokens)
        finally:
            self.slots.give_back()

    def _learn(self, gone: Pass) -> None:
        if gone.refused is None or gone.era != self._era or self._pace.settling:
            return
        self._window.append(gone.refused)
        if len(self._window) == ENOUGH and self.refused_share < STEADY:
            self._calm_rate, self._noise = self._pace.rate, 0.0
        if not gone.refused:
            self._grow()
            return
        self._pace.note_refusal()
        if self._is_full():
            self._shrink(gone.retry_after_s)

    def _note_noise(self, share: float) -> None:
        """Take refusals that half the rate did not end for ones that no rate will end."""
        rate = self._pace.rate
        if rate is not None and self._calm_rate is not None and rate < self._calm_rate / 2:
            self._noise = min(share, NOISE_MOST)

    def _is_full(self) -> bool:
        seen, share = len(self._window), self.refused_share
        most = TOO_MANY if self._pace.rate is None else TOO_MANY_PACED + self._noise
        return (seen >= ENOUGH and share > most) or (seen >= ENOUGH_OF_MOST and share > MOST)

    def _shrink(self, retry_after_s: float | None) -> None:
        share = self.refused_share
        surprised = self._pace.rate is None or share > MOST
        hold_s = HOLD_S if retry_after_s is None else min(retry_after_s, HOLD_MOST_S)
        self._note_noise(share)
        self._era += 1
        self._window.clear()
        self._taken_since_growth = 0
        self.slots.resize(max(1, int(self.slots.limit * SHRINK)))
        self._pace.slow_down(share, hold_s if surprised else 0.0)
        if self._calm_rate is None:
            self._calm_rate = self._pace.rate

    def _grow(self) -> None:
        if self._pace.rate is not None and self.refused_share < STEADY + self._noise:
            self._pace.grow(self.refused_share)
        self._taken_since_growth += 1
        if self.slots.limit < self._most and self._taken_since_growth >= self.slots.limit:
            self._taken_since_growth = 0
            self.slots.resize(min(self._most, self.slots.limit + max(1, self.slots.limit // 8)))
