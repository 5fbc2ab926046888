"""What the tasks of one run share: store, engine, worlds, what has run; never task arguments."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from schemas.actions import Catalogue
from schemas.params import BuildParams
from schemas.results import StageReport
from schemas.workspace import Workspace
from tasks.doors.llm import Engine
from tasks.doors.llm.clients import AsgiApp
from tasks.doors.store import Store
from tasks.world.runner import Worlds


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run's store, engine and worlds, opened for its parameters and workspace."""

    params: BuildParams
    workspace: Workspace
    store: Store
    engine: Engine
    worlds: Worlds
    ran: set[str] = field(default_factory=set)  # keys of the stage runs that were no cache hit
    blocks: dict[str, int] = field(default_factory=dict)  # blocks used so far, by category
    reports: list[StageReport] = field(default_factory=list)  # of the stages before publish

    @property
    def catalogue(self) -> Catalogue:
        """The capabilities and tools of the run."""
        return self.worlds.toolbox.catalogue

    @property
    def width(self) -> int:
        """How many rows of a stage are worked on at a time."""
        return 2 * self.params.limits.in_flight


_CURRENT: ContextVar[RunContext] = ContextVar("run")


def current() -> RunContext:
    """Return the run that is open around the caller. Raises: LookupError outside of one."""
    return _CURRENT.get()


@asynccontextmanager
async def open_run(
    params: BuildParams,
    workspace: Workspace,
    keys: Mapping[str, str],
    store_url: str,
    *,
    app: AsgiApp | None = None,
) -> AsyncIterator[RunContext]:
    """Open store, engine and worlds for the tasks awaited inside.

    Args:
        params: the build's parameters.
        workspace: where everything but the store lies.
        keys: API keys by endpoint name.
        store_url: where the store is.
        app: answers in the place of every endpoint.
    """
    store = Store.open(store_url)
    try:
        async with (
            Engine(
                params, store, workspace.journal, keys, app=app, memory=workspace.endpoints
            ) as engine,
            Worlds(params.tools, params.workers) as worlds,
        ):
            token = _CURRENT.set(RunContext(params, workspace, store, engine, worlds))
            try:
                yield _CURRENT.get()
            finally:
                _CURRENT.reset(token)
    finally:
        store.close()
