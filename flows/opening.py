"""Opens a run in a workspace: its turn, its store, its stages, and what tells of them."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prefect.runtime import flow_run

from flows.holding import wait_for
from flows.keys import resolve_keys
from flows.page.leaving import keep_page
from flows.stages import Stages
from flows.watching import watch_run
from schemas.params import BuildParams
from schemas.workspace import Workspace, store_url
from tasks.context import open_run

_NICE = 10  # whoever looks at pages or rows beside a run comes first
_OPEN: list[Stages] = []  # this process's latest run, for whoever watches from another thread


@asynccontextmanager
async def open_stages_of(
    workspace: Workspace,
    params: BuildParams,
    *,
    most_calls: int | None = None,
    last: bool = True,
) -> AsyncIterator[Stages]:
    """Open a run in a workspace and return its stages; `most_calls` caps what it may ask.

    A run waits for another one that holds the workspace. One that is not the flow run's `last`
    leaves a page only if it fails.
    """
    _give_way()
    keys = await resolve_keys(params)
    url, run = store_url(workspace), str(flow_run.id or "")
    with watch_run(workspace) as watch:
        async with (
            wait_for(workspace),
            open_run(params, workspace, keys, url, run=run, most_calls=most_calls) as context,
        ):
            stages = Stages(context, watch)
            _OPEN[:] = [stages]
            async with keep_page(stages, last=last):
                yield stages


def _give_way() -> None:
    """Let other processes go first; threads and workers that are started from here do as well."""
    os.setpriority(os.PRIO_PROCESS, 0, max(_NICE, os.getpriority(os.PRIO_PROCESS, 0)))


def open_stages() -> Stages | None:
    """Return this process's latest run, or None before the first."""
    return _OPEN[-1] if _OPEN else None
