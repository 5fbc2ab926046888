"""A bounded number of places, handed out in the order they were asked for."""

import asyncio
from collections import deque


class Slots:
    """Places that can become more or fewer while they are in use."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Wait for a place and take it."""
        if self.used < self.limit and not self._waiting:
            self.used += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back()  # the place was handed over in the tick of the cancellation
            raise

    def give_back(self) -> None:
        """Give a place back; whoever waits longest gets it."""
        self.used -= 1
        self._hand_over()

    def resize(self, limit: int) -> None:
        """Change how many places there are; those in use beyond it run out by themselves."""
        self.limit = limit
        self._hand_over()

    def _hand_over(self) -> None:
        while self._waiting and self.used < self.limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self.used += 1
                turn.set_result(None)
