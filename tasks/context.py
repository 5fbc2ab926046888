"""What the tasks of one run share: store, engine, worlds, what has run; never task arguments."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from schemas.actions import Catalogue
from schemas.params import BuildParams
from schemas.results import StageReport
from schemas.rows import Review
from schemas.workspace import Workspace
from tasks.doors.llm import Engine, map_bounded
from tasks.doors.llm.clients import AsgiApp
from tasks.doors.pending import take_in_acts
from tasks.doors.store import Store
from tasks.formats.benchmarks import Benchmarks, read_benchmarks
from tasks.formats.foreign_files import ForeignFiles, find_foreign
from tasks.reviews import People, digest_reviews, gather
from tasks.world.runner import Worlds

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class Items:
    """How many items a stage has to work on, as far as is known, and how many are done."""

    begun: int = 0
    done: int = 0


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run's store, engine and worlds, opened for its parameters and workspace."""

    params: BuildParams
    workspace: Workspace
    store: Store
    engine: Engine
    worlds: Worlds
    benchmarks: Benchmarks = field(default_factory=Benchmarks)  # what no row may resemble
    foreign: tuple[ForeignFiles, ...] = ()  # of other datasets, that rows are taken from
    run: str = ""  # the name that is on the calls it buys
    ran: set[str] = field(default_factory=set)  # keys of the stage runs that were no cache hit
    blocks: dict[str, int] = field(default_factory=dict)  # blocks used so far, by category
    items: dict[str, Items] = field(default_factory=dict)  # by stage
    reports: list[StageReport] = field(default_factory=list)  # of the stages before publish
    people: People = field(default_factory=People)  # what was said of rows by the run's start

    @property
    def catalogue(self) -> Catalogue:
        """The capabilities and tools of the run."""
        return self.worlds.toolbox.catalogue

    async def work_on(
        self, stage: str, items: Sequence[T], worker: Callable[[T], Awaitable[R]]
    ) -> list[R]:
        """Return what `worker` makes of the items of a stage, in their order.

        Twice as many are worked on at a time as calls may be in flight.
        """
        count = self.items.setdefault(stage, Items())
        count.begun += len(items)

        async def work(item: T) -> R:
            made = await worker(item)
            count.done += 1
            return made

        return await map_bounded(items, work, limit=2 * self.params.limits.in_flight)


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
    run: str = "",
    most_calls: int | None = None,
) -> AsyncIterator[RunContext]:
    """Open store, engine and worlds for the tasks awaited inside.

    The context's parameters have the retry epochs and the reviews that the store remembers.

    Args:
        params: the build's parameters.
        workspace: where everything but the store lies.
        keys: API keys by endpoint name.
        store_url: where the store is.
        app: answers in the place of every endpoint.
        run: name of the run, noted on the calls it buys.
        most_calls: calls it may make, whatever the parameters say.
    """
    benchmarks = read_benchmarks(map(Path, params.balance.benchmarks))
    foreign = find_foreign(params.third_party.sources, workspace.fetched)
    store = Store.open(store_url)
    try:
        if run:
            await store.begin_build(run)
        await take_in_acts(workspace, store)
        reviews = await store.reviews()
        params = _with_reviews(_with_epochs(params, await store.epochs()), reviews)
        async with (
            Engine(
                _capped(params, most_calls),
                store,
                workspace.journal,
                keys,
                app=app,
                memory=workspace.endpoints,
                run=run,
            ) as engine,
            Worlds(params.tools, params.workers) as worlds,
        ):
            people = gather(reviews)
            token = _CURRENT.set(
                RunContext(
                    params,
                    workspace,
                    store,
                    engine,
                    worlds,
                    benchmarks,
                    foreign,
                    run,
                    people=people,
                )
            )
            try:
                yield _CURRENT.get()
            finally:
                _CURRENT.reset(token)
    finally:
        store.close()


def _capped(params: BuildParams, most_calls: int | None) -> BuildParams:
    """Return parameters for the engine alone: what a version says of itself stays as it was."""
    if most_calls is None:
        return params
    limits = params.limits.model_copy(update={"max_calls": most_calls})
    return params.model_copy(update={"limits": limits})


def _with_epochs(params: BuildParams, raised: Mapping[str, int]) -> BuildParams:
    """Return parameters in which no stage is behind what `retry-failed` has raised it to."""
    given = params.retry_epochs
    epochs = {s: max(raised.get(s, 0), given.get(s, 0)) for s in sorted({*raised, *given})}
    return params.model_copy(update={"retry_epochs": epochs})


def _with_reviews(params: BuildParams, reviews: Sequence[Review]) -> BuildParams:
    """Return parameters that say which reviews a build heeds."""
    return params.model_copy(update={"reviews": digest_reviews(reviews)})
