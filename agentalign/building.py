"""One build from the command line: workspace, Prefect server, flow, progress."""

import gc
import importlib
import logging
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rich.console import Console

from agentalign.memory import ARROW_ENVIRONMENT, give_memory_back
from agentalign.mishaps import ServerWatch, answers, name_the_cause
from agentalign.operating.running import find_up
from agentalign.progress import Display, Snapshot, StageProgress, show_progress
from agentalign.running import call_watched, run_watched, stop_on_signals
from agentalign.server import Server, client_environment, own_server, ready_mark
from agentalign.workspace import prepare_workspace
from flows.expecting import count_left
from schemas.accounts import find_unpriced
from schemas.evaluations import EvaluationParams
from schemas.params import BuildParams
from schemas.workspace import Workspace
from tasks.holding import hold_workspace

if TYPE_CHECKING:
    from flows.stages import Stages
    from tasks.context import Items

Params = BuildParams | EvaluationParams
BUILD = "flows.dataset:build_dataset"
RETRY = "flows.retry:retry_failed"
EVALUATE = "flows.evaluate:evaluate"
PILOT = "flows.pilot:run_pilot"


def run_flow(
    flow: str, params: Params, root: Path, console: Console, *, wait: bool, **more: object
) -> Any:  # noqa: ANN401  what the flow returns
    """Run a flow, named `module:name`, in a workspace; progress goes to `console`.

    Raises:
        AgentAlignError: whatever stops it; all that was made is kept.
    """
    workspace = prepare_workspace(root)
    with stop_on_signals(), hold_workspace(workspace, wait=wait):
        os.environ.update({**client_environment(workspace, os.environ), **ARROW_ENVIRONMENT})
        use_running_server(workspace, console)
        give_memory_back()
        _log_to_file(workspace)
        is_new = not ready_mark(workspace).exists()
        with _server(workspace) as server, show_progress(console) as display:
            if server is not None:
                os.environ["PREFECT_API_URL"] = server.api_url  # before Prefect is imported
            watch = ServerWatch(os.environ["PREFECT_API_URL"])
            with name_the_cause(workspace, watch):
                call_watched(
                    lambda: _get_ready(workspace, server, is_new=is_new),
                    lambda: display.show(Snapshot()),
                )
                gc.freeze()  # modules stay: no search for cycles goes through them again
                result = _run_flow(flow, params, workspace, display, watch, more)
        _say_what_healed(console)
        return result


def use_running_server(workspace: Workspace, console: Console) -> None:
    """Report to the server of `agentalign up`, where that runs and the user named no other."""
    if "PREFECT_API_URL" in os.environ or (record := find_up(workspace)) is None:
        return
    os.environ["PREFECT_API_URL"] = record.api_url
    where = record.api_url.removesuffix("/api")
    console.print(f"shown by the server of `agentalign up`: {where}", markup=False, style="dim")


def _server(workspace: Workspace) -> AbstractContextManager[Server | None]:
    return nullcontext() if "PREFECT_API_URL" in os.environ else own_server(workspace)


def _get_ready(workspace: Workspace, server: Server | None, *, is_new: bool) -> None:
    """Import the flow, and Prefect with it, while the server comes up.

    In a new workspace that takes the server longer, and no stage will come from the cache:
    there is time for what gates and publish will need.
    """
    importlib.import_module("flows.dataset")
    if is_new:
        from tasks.doors import quality, registry

        quality.warm_up()
        registry.prepare(workspace)
    if server is not None:
        server.wait()


def _run_flow(
    flow: str,
    params: Params,
    workspace: Workspace,
    display: Display,
    watch: ServerWatch,
    more: Mapping[str, object],
) -> Any:  # noqa: ANN401
    from flows.draining import drain_queues
    from flows.opening import open_stages

    module, _, name = flow.partition(":")
    start = getattr(importlib.import_module(module), name)
    expected: Mapping[str, float] = {}
    if isinstance(params, BuildParams) and flow != PILOT:
        expected = _expect(params, workspace)

    def look() -> None:
        watch.check()
        display.show(take_snapshot(open_stages(), expected))

    try:
        return run_watched(lambda: start(params, str(workspace.root), **more), look)
    finally:
        if answers(watch.api_url):
            drain_queues()


def _expect(params: BuildParams, workspace: Workspace) -> Mapping[str, float]:
    """Return the calls of a build from nothing, by stage."""
    from agentalign.estimating import make_estimate

    return make_estimate(params, workspace).calls_by_stage


def take_snapshot(
    stages: "Stages | None", expected: Mapping[str, float] = MappingProxyType({})
) -> Snapshot:
    """Return a running build as it is now; called from another thread than its own.

    `expected` are the calls of each stage, as far as they can be estimated.
    """
    if stages is None:
        return Snapshot()
    lines = list(stages.ledger.lines.values())
    engine, items = stages.context.engine, dict(stages.context.items)
    speed = engine.progress()
    return Snapshot(
        stages=[
            StageProgress(
                line.stage, line.done, line.expected, line.rows_out, line.cache_hit,
                _items(items.get(line.stage)),
            )
            for line in lines
        ],
        calls=engine.counts(),
        in_flight=speed.in_flight,
        limit=speed.limit,
        per_second=speed.per_second,
        refused_share=speed.refused_share,
        spent_usd=engine.cost_usd,
        unpriced=bool(find_unpriced(stages.context.params)),
        remaining=count_left(lines, speed.stages, expected),
    )  # fmt: skip


def _items(count: "Items | None") -> tuple[int, int]:
    return (0, 0) if count is None else (count.done, count.begun)


def _say_what_healed(console: Console) -> None:
    from flows.opening import open_stages

    stages = open_stages()
    for message in stages.context.engine.healed if stages else ():
        console.print(f"note: {message}", style="yellow", markup=False, highlight=False)


def _log_to_file(workspace: Workspace) -> None:
    """Send this process's log to a file. Prefect leaves a root logger alone that has one."""
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False  # a log that can't be written is no reason to say so each time
    logging.basicConfig(
        filename=workspace.logs / "build.log",
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
