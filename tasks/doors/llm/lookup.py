"""Cache look-ups, gathered: what is asked for while one query runs goes into the next."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

from schemas.calls import Reply
from schemas.errors import AgentAlignError

Load = Callable[[Iterable[str]], Awaitable[dict[str, Reply]]]


class Lookup:
    """Finds replies by key in the store, many keys a query."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._wanted: dict[str, asyncio.Future[Reply | None]] = {}
        self._worker: asyncio.Task[None] | None = None

    async def find(self, key: str) -> Reply | None:
        """Return the stored reply of a key, if there is one. One asker per key at a time."""
        found: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        self._wanted[key] = found
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await found

    async def close(self) -> None:
        """Stop looking up."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        while self._wanted:
            wanted, self._wanted = self._wanted, {}
            try:
                await self._load_into(wanted)
            finally:
                for future in wanted.values():
                    future.cancel()  # those that got nothing

    async def _load_into(self, wanted: Mapping[str, asyncio.Future[Reply | None]]) -> None:
        try:
            found = await self._load(list(wanted))
        except AgentAlignError as exc:
            for future in wanted.values():
                if not future.done():
                    future.set_exception(exc)
            return
        for key, future in wanted.items():
            if not future.done():
                future.set_result(found.get(key))
