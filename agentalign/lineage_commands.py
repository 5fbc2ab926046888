"""Commands about where rows come from: lineage, impact, explain, inspect.

What a command needs is imported when it runs, so that each starts fast.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from agentalign.options import DEFAULT_FOLDER, AsJson, Folder, Reveal, VersionName
from agentalign.workspace import find_workspace

if TYPE_CHECKING:
    from rich.console import RenderableType

_WIDE = 1000

RowId = Annotated[str, typer.Argument(help="Id of a row, e.g. example-….")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (lineage, impact, explain, inspect):
        app.command(command.__name__)(command)


def lineage(
    row_id: RowId,
    version: VersionName = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
    reveal: Reveal = False,
) -> None:
    """Show where a row comes from: requests, verdicts, prompts, models, up to the taxonomy."""
    from agentalign.lineage import lineage_object, lineage_tree
    from agentalign.lookup import find_row, trace_row
    from agentalign.reveal import log_reveal
    from tasks.formats.versions import find_version

    place = find_workspace(workspace)
    trace = trace_row(find_row(place, row_id, find_version(place, version) if version else None))
    if reveal:
        log_reveal(place, "lineage", row_id)
    if json:
        _print_json(lineage_object(trace, reveal=reveal))
    else:
        _draw(lineage_tree(trace, reveal=reveal))


def impact(
    target: Annotated[
        str,
        typer.Argument(help="prompt:NAME, model:NAME, tool:NAME, chain:ID or call:KEY."),
    ],
    version: VersionName = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
) -> None:
    """List what was made from a prompt, a model, a tool, a chain or a call, by version."""
    from rich.table import Table

    from agentalign.impact import (
        TABLES,
        check_known,
        draw_line,
        find_impact,
        parse_target,
        to_object,
    )
    from tasks.formats.versions import find_version, list_versions

    wanted, place = parse_target(target), find_workspace(workspace)
    among = list_versions(place) if version is None else [find_version(place, version)]
    check_known(wanted, among)
    found = [find_impact(each, wanted) for each in among]
    if json:
        _print_json([to_object(each) for each in found])
        return
    table = Table("version", *TABLES, box=None)
    for each in found:
        table.add_row(each.version, *draw_line(each, TABLES))
    _draw(table)
    print(f"rows made from {wanted}; --json lists their ids")


def explain(
    row_id: RowId,
    html: Annotated[Path, typer.Option("--html", help="HTML file to write.")],
    version: VersionName = None,
    workspace: Folder = DEFAULT_FOLDER,
    reveal: Reveal = False,
) -> None:
    """Write one HTML page for an auditor: all that a row rests on, replayed."""
    from agentalign.explaining.contents import gather
    from agentalign.explaining.page import render
    from agentalign.lookup import find_row
    from agentalign.reveal import log_reveal
    from tasks.formats.versions import find_version
    from tasks.report.writing import check_target, write_page

    place = find_workspace(workspace)
    found = find_row(place, row_id, find_version(place, version) if version else None)
    check_target(html)
    if reveal:
        log_reveal(place, "explain", row_id)
    write_page(render(gather(place, found, reveal=reveal)), html)
    print(f"{row_id} of {found.version.name} in {html}, {html.stat().st_size:,} bytes")


def inspect(
    version: Annotated[
        str | None, typer.Argument(help="A version or the start of one; else the newest.")
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on loopback; 0 takes any that is free.")
    ] = 8740,
    workspace: Folder = DEFAULT_FOLDER,
) -> None:
    """Serve a version's rows, and what was left out of it, for a browser on this machine."""
    from agentalign.inspecting.serving import serve
    from tasks.formats.versions import find_version

    place = find_workspace(workspace)
    serve(place, find_version(place, version), port)


def _print_json(value: object) -> None:
    print(orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode())


def _draw(drawing: "RenderableType") -> None:
    """Print a drawing; it is not folded where nobody looks, as in a pipe."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    console.print(drawing)
