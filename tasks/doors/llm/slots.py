"""A bounded number of places, shared evenly among those who queue for them."""

import asyncio
from collections import deque


class Slots:
    """Places that can become more or fewer while they are in use.

    Who waits is served in turn by queue (a stage), and within a queue in the order of asking: a
    stage with a thousand calls waiting does not keep one with three from its share.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        # queues that are not empty, the one whose turn it is first
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def take(self, queue: str = "") -> None:
        """Wait for a place and take it."""
        if self.used < self.limit and not self._waiting:
            self.used += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(queue, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back()  # the place was handed over in the tick of the cancellation
            raise

    def give_back(self) -> None:
        """Give a place back; whoever's turn it is gets it."""
        self.used -= 1
        self._hand_over()

    def resize(self, limit: int) -> None:
        """Change how many places there are; those in use beyond it run out by themselves."""
        self.limit = limit
        self._hand_over()

    def _hand_over(self) -> None:
        while self._waiting and self.used < self.limit:
            name, queue = next(iter(self._waiting.items()))
            turn = queue.popleft()
            if not queue:
                del self._waiting[name]
            if turn.done():
                continue  # cancelled: its stage keeps its turn
            if queue:
                self._waiting[name] = self._waiting.pop(name)  # behind the others
            self.used += 1
            turn.set_result(None)
