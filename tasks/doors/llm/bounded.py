"""Work on many items, a bounded number at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def map_bounded(
    items: Iterable[T], worker: Callable[[T], Awaitable[R]], limit: int
) -> list[R]:
    """Return what `worker` makes of each item, in the order of the items.

    At most `limit` are alive at a time and there are no batches: a slow item holds back nobody.
    The first exception cancels the rest and is raised as it is.
    """
    todo = list(items)
    if len(todo) == 1:
        return [await worker(todo[0])]
    done: dict[int, R] = {}
    queue = iter(enumerate(todo))

    async def work() -> None:
        for index, item in queue:
            done[index] = await worker(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(limit, len(todo))):
                group.create_task(work())
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None  # the others are its echo
    return [done[index] for index in range(len(todo))]
