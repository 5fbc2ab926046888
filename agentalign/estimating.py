"""What a build would take, as a table, with what the figures rest on."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from schemas.errors import WorkspaceError
from schemas.estimates import Estimate, Pilot, Range
from schemas.params import BuildParams
from schemas.workspace import Workspace
from tasks.estimate import estimate
from tasks.pilot import fits

OTHER = "the pilot in this workspace was made for other models or settings: run it again"
NEXT = "measure it: agentalign pilot --n 50, with the same options"


def print_estimate(params: BuildParams, folder: Path, *, json: bool) -> None:
    """Print the estimate. Raises: WorkspaceError if the pilot's file can't be read."""
    workspace = Workspace(folder.resolve())
    found = make_estimate(params, workspace)
    if json:
        print(found.model_dump_json())
        return
    console = Console(highlight=False)
    for part in draw_estimate(found):
        console.print(part)
    if found.pilot is None:
        console.print(OTHER if workspace.pilot.exists() else NEXT, soft_wrap=True)


def make_estimate(params: BuildParams, workspace: Workspace) -> Estimate:
    """Return the estimate, from the workspace's pilot if it was made for such a build."""
    pilot = read_pilot(workspace)
    return estimate(params, pilot if pilot and pilot.fits == fits(params) else None)


def read_pilot(workspace: Workspace) -> Pilot | None:
    """Return what the last pilot measured. Raises: WorkspaceError."""
    if not workspace.pilot.exists():
        return None
    try:
        return Pilot.model_validate_json(workspace.pilot.read_bytes())
    except ValidationError as exc:
        msg = f"{workspace.pilot} can't be read; remove it and run `agentalign pilot` again"
        raise WorkspaceError(msg) from exc


def draw_estimate(found: Estimate) -> Iterator[RenderableType]:
    """Yield the figures with their interval, then what they rest on."""
    table = Table("", "low", "likely", "high", box=None, padding=(0, 2, 0, 0))
    for name in ("bindings", "calls", "prompt_tokens", "completion_tokens"):
        table.add_row(name.replace("_", " "), *_row(getattr(found, name), "{:,.0f}"))
    if found.cost_usd is None:
        table.add_row("cost", "unknown", "unknown", "unknown")
    else:
        table.add_row("cost", *_row(found.cost_usd, "${:,.2f}"))
    table.add_row("hours", *_row(found.hours, "{:,.2f}"))
    yield table
    stages = ", ".join(f"{name} {calls:,.0f}" for name, calls in found.calls_by_stage.items())
    yield Text(f"likely calls by stage: {stages}")
    if found.unpriced:
        yield Text(f"no price is known of: {', '.join(found.unpriced)}", style="yellow")
    if found.out_of_reach:
        names = ", ".join(found.out_of_reach)
        yield Text(f"pool.max_blocks is too small for the targets of: {names}", style="yellow")
    yield from (Text(line) for line in found.basis)


def _row(figure: Range, form: str) -> list[str]:
    return [form.format(value) for value in (figure.low, figure.likely, figure.high)]
