"""One build from the command line: workspace, Prefect server, flow, progress."""

import importlib
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from agentalign.progress import Snapshot, StageProgress, show_progress
from agentalign.running import run_watched, stop_on_signals
from agentalign.server import Server, client_environment, own_server
from agentalign.workspace import hold_workspace, prepare_workspace
from schemas.params import BuildParams
from schemas.results import BuildResult
from schemas.workspace import Workspace

if TYPE_CHECKING:
    from flows.stages import Stages

# seconds of importing that the flow would otherwise spend while model calls wait
_WARM = ("tasks.doors.store", "great_expectations", "mlflow")


def run_build(params: BuildParams, root: Path, console: Console, *, wait: bool) -> BuildResult:
    """Build a version in a workspace; progress goes to `console`.

    Raises:
        AgentAlignError: whatever stops it; all that was made is kept.
    """
    workspace = prepare_workspace(root)
    with stop_on_signals(), hold_workspace(workspace, wait=wait):
        os.environ.update(client_environment(workspace, os.environ))
        _log_to_file(workspace)
        with _server(workspace) as server:
            return _run_flow(params, workspace, server, console)


def _server(workspace: Workspace) -> AbstractContextManager[Server | None]:
    return nullcontext() if "PREFECT_API_URL" in os.environ else own_server(workspace)


def _run_flow(
    params: BuildParams, workspace: Workspace, server: Server | None, console: Console
) -> BuildResult:
    if server is not None:
        os.environ["PREFECT_API_URL"] = server.api_url  # before Prefect is imported
    with show_progress(console) as display:
        display.show(Snapshot())
        # these import Prefect, which takes as long as its server takes to start
        from flows.dataset import build_dataset, open_stages

        threading.Thread(target=_warm_up, name="imports", daemon=True).start()
        if server is not None:
            server.wait()
        with _drained():
            result = run_watched(
                lambda: build_dataset(params, str(workspace.root)),
                lambda: display.show(take_snapshot(open_stages())),
            )
    _say_what_healed(open_stages(), console)
    return result


def take_snapshot(stages: "Stages | None") -> Snapshot:
    """Return a running build as it is now; called from another thread than its own."""
    if stages is None:
        return Snapshot()
    lines = list(stages.ledger.lines.values())
    engine = stages.context.engine
    speed = engine.progress()
    return Snapshot(
        stages=[
            StageProgress(line.stage, line.done, line.expected, line.rows_out, line.cache_hit)
            for line in lines
        ],
        calls=engine.counts(),
        in_flight=getattr(speed, "in_flight", 0),
        per_second=getattr(speed, "rate", 0.0),
    )


def _say_what_healed(stages: "Stages | None", console: Console) -> None:
    for message in stages.context.engine.healed if stages else ():
        console.print(f"note: {message}", style="yellow", markup=False, highlight=False)


@contextmanager
def _drained() -> Iterator[None]:
    """Send Prefect's queued events before its server goes, however the flow ends."""
    from flows.draining import drain_queues

    try:
        yield
    finally:
        drain_queues()


def _warm_up() -> None:
    for name in _WARM:
        importlib.import_module(name)


def _log_to_file(workspace: Workspace) -> None:
    """Send this process's log to a file. Prefect leaves a root logger alone that has one."""
    logging.captureWarnings(capture=True)
    logging.basicConfig(
        filename=workspace.logs / "build.log",
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
