"""A flow run's turn in a workspace: runs wait for each other, whoever started them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TextIO

from prefect import get_run_logger

from schemas.workspace import Workspace
from tasks.holding import POLL_S, describe_holder, is_held_here, open_lock, try_lock


@asynccontextmanager
async def wait_for(workspace: Workspace) -> AsyncIterator[None]:
    """Hold the workspace until the block ends, unless this process holds it already."""
    if is_held_here(workspace):
        yield
        return
    workspace.root.mkdir(parents=True, exist_ok=True)
    with open_lock(workspace) as file:
        await _lock(workspace, file)
        yield


async def _lock(workspace: Workspace, file: TextIO) -> None:
    if try_lock(file):
        return
    get_run_logger().info("waiting: %s", describe_holder(workspace))
    while not try_lock(file):
        await asyncio.sleep(POLL_S)
