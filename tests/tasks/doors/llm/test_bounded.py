import asyncio

import pytest

from tasks.doors.llm import map_bounded


async def test_order_and_bound() -> None:
    """Results come in the order of the items, and no more than the limit are alive."""
    alive = most = 0

    async def work(item: int) -> int:
        nonlocal alive, most
        alive += 1
        most = max(most, alive)
        for _ in range(item % 5):
            await asyncio.sleep(0)
        alive -= 1
        return item * 2

    assert await map_bounded(range(40), work, limit=7) == [2 * n for n in range(40)]
    assert most == 7


async def test_nothing_to_do() -> None:
    """No items give no results."""

    async def work(item: int) -> int:
        return item

    assert await map_bounded([], work, limit=3) == []


async def test_first_exception_cancels_the_rest() -> None:
    """The first exception is raised as it is, and whoever is alive is cancelled."""
    cancelled: list[int] = []

    async def work(item: int) -> None:
        if item == 3:
            raise KeyError(item)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(item)
            raise

    with pytest.raises(KeyError):
        await map_bounded(range(9), work, limit=4)
    assert sorted(cancelled) == [0, 1, 2]


async def test_cancellation_reaches_everyone() -> None:
    """Cancelling the map cancels the workers."""
    started = asyncio.Event()
    ended: list[int] = []

    async def work(item: int) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(item)

    task = asyncio.create_task(map_bounded(range(3), work, limit=3))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(ended) == [0, 1, 2]
