"""What a run may spend; it stops when that is used up, and keeps what it has."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from schemas.calls import Reply
from schemas.errors import StoppedError
from schemas.params import Endpoint, Limits

_TOKENS = 1_000_000


class Budget:
    """Admits calls while there is budget. A call is a request, however many attempts it takes."""

    def __init__(self, limits: Limits, endpoints: Iterable[Endpoint]) -> None:
        self.cost_usd = 0.0  # of the endpoints whose prices are known
        self._limits = limits
        self._endpoints = {endpoint.name: endpoint for endpoint in endpoints}
        self._admitted = 0
        self._open = 0
        self._idle = asyncio.Event()

    @asynccontextmanager
    async def spending(self) -> AsyncIterator[None]:
        """Admit one call.

        Raises: StoppedError if the budget is used up, after all admitted calls have ended.
        """
        if (stop := self._used_up()) is not None:
            while self._open:
                self._idle.clear()
                await self._idle.wait()
            raise StoppedError(stop)
        self._admitted += 1
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                self._idle.set()

    def charge(self, reply: Reply) -> None:
        """Add what a reply cost."""
        endpoint = self._endpoints[reply.endpoint]
        prompt, completion = reply.usage.prompt_tokens, reply.usage.completion_tokens
        self.cost_usd += (prompt or 0) * (endpoint.prompt_usd_per_million or 0) / _TOKENS
        self.cost_usd += (completion or 0) * (endpoint.completion_usd_per_million or 0) / _TOKENS

    def _used_up(self) -> str | None:
        calls, cost = self._limits.max_calls, self._limits.max_cost_usd
        if calls is not None and self._admitted >= calls:
            used = f"limits.max_calls = {calls} is used up"
        elif cost is not None and self.cost_usd >= cost:
            used = f"limits.max_cost_usd = {cost:g} is used up ({self.cost_usd:.4f} spent)"
        else:
            return None
        return f"{used}; everything received is kept, the same command resumes with a new budget"
