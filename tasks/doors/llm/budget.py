"""What a run may spend; it stops when that is used up, and keeps what it has."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from schemas.accounts import cost_usd, price_of
from schemas.calls import Reply
from schemas.endpoints import Endpoint
from schemas.errors import StoppedError
from schemas.params import Limits


class Budget:
    """Admits calls while there is budget. A call is a request, however many attempts it takes."""

    def __init__(self, limits: Limits, endpoints: Iterable[Endpoint]) -> None:
        self.cost_usd = 0.0  # of the endpoints whose prices are known
        self._limits = limits
        self._prices = {endpoint.name: price_of(endpoint) for endpoint in endpoints}
        self._admitted = 0
        self._open = 0
        self._idle = asyncio.Event()

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Admit one call. Raises: StoppedError if the budget is used up."""
        calls = self._limits.max_calls
        if calls is not None and self._admitted >= calls:
            raise _stop(f"limits.max_calls = {calls} is used up")
        self.check_cost()
        self._admitted += 1
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                self._idle.set()

    async def drain(self) -> None:
        """Wait until all admitted calls have ended, so that nothing that was paid for is lost."""
        while self._open:
            self._idle.clear()
            await self._idle.wait()

    def check_cost(self) -> None:
        """Raise StoppedError once the money is spent."""
        most = self._limits.max_cost_usd
        if most is not None and self.cost_usd >= most:
            raise _stop(f"limits.max_cost_usd = {most:g} is used up ({self.cost_usd:.4f} spent)")

    def charge(self, reply: Reply) -> None:
        """Add what a reply cost, if that is known."""
        self.cost_usd += cost_usd(self._prices[reply.endpoint], reply.usage) or 0.0


def _stop(used: str) -> StoppedError:
    return StoppedError(
        f"{used}; everything received is kept, the same command resumes with a new budget"
    )
