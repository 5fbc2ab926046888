"""Commands that read: versions, sample, show, costs, sql, report.

What a command needs is imported when it runs, so that each starts fast.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from agentalign.options import DEFAULT_FOLDER, AsJson, Folder, Reveal, VersionName
from agentalign.workspace import find_workspace
from schemas.errors import BadInputError
from schemas.workspace import Workspace
from tasks.formats.versions import Version, find_version

if TYPE_CHECKING:
    from rich.console import RenderableType

    from agentalign.tables import Result

_WIDE = 1000

RowId = Annotated[str, typer.Argument(help="Id of a row, e.g. example-….")]
Count = Annotated[int, typer.Option("--n", min=1, max=1000, help="How many rows.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (versions, sample, show, costs, sql, report):
        app.command(command.__name__)(command)


def versions(workspace: Folder = DEFAULT_FOLDER, json: AsJson = False) -> None:
    """List the dataset versions, newest first."""
    from agentalign.listing import draw_list, list_all, listed_object

    found = list_all(find_workspace(workspace))
    if json:
        _print_json([listed_object(listed) for listed in found])
    elif found:
        _draw(draw_list(found), wide=True)
    else:
        print("no versions yet; run `agentalign build`")


def sample(
    intent: Annotated[str | None, typer.Option(help="harmful, benign or borderline.")] = None,
    category: Annotated[str | None, typer.Option(help="Name of a category.")] = None,
    n: Count = 1,
    seed: Annotated[int, typer.Option(help="Another seed draws other rows.")] = 0,
    version: VersionName = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
    reveal: Reveal = False,
) -> None:
    """Show rows, drawn by intent and category."""
    from agentalign.conversations import draw_example
    from agentalign.lookup import mask_found
    from agentalign.reveal import log_reveal
    from agentalign.sampling import draw_examples

    place = find_workspace(workspace)
    source = find_version(place, version)
    drawn = draw_examples(source, intent=intent, category=category, n=n, seed=seed)
    for row in drawn if reveal else ():
        log_reveal(place, "sample", row.id)
    for row in drawn if reveal else mask_found(source, drawn):
        if json:
            _print_json(row.model_dump(mode="json"))
        else:
            _draw(draw_example(row))


def show(
    row_id: RowId,
    version: VersionName = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
    reveal: Reveal = False,
) -> None:
    """Show one row of any kind, whole."""
    from agentalign.conversations import draw_row
    from agentalign.lookup import find_row, mask_found
    from agentalign.reveal import log_reveal

    place = find_workspace(workspace)
    found = find_row(place, row_id, _chosen(place, version))
    if reveal:
        log_reveal(place, "show", row_id)
    row = found.row if reveal else mask_found(found.version, [found.row])[0]
    if json:
        _print_json(row.model_dump(mode="json"))
    else:
        _draw(draw_row(row))


def costs(
    by: Annotated[
        list[str] | None, typer.Option("--by", help="stage, role, endpoint, model, run; any of.")
    ] = None,
    version: VersionName = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
) -> None:
    """Show what a version's model calls took: tokens and money, over all runs, each call once."""
    from agentalign.costs import DIMENSIONS, draw_costs

    if unknown := sorted(set(by or ()) - set(DIMENSIONS)):
        raise BadInputError(f"--by {unknown[0]}: it has to be one of {', '.join(DIMENSIONS)}")
    found = find_version(find_workspace(workspace), version)
    account = found.manifest.account
    if account is None:
        raise BadInputError(f"{found.name} was made before its calls were accounted for")
    if json:
        _print_json(account.model_dump(mode="json"))
        return
    for part in draw_costs(account, [d for d in DIMENSIONS if not by or d in by]):
        _draw(part, wide=True)


def sql(
    query: Annotated[str, typer.Argument(help="One SELECT statement.")],
    version: VersionName = None,
    live: Annotated[bool, typer.Option("--live", help="Over the store, not a version.")] = False,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
    reveal: Reveal = False,
) -> None:
    """Query the tables of a version: examples, instructions, responses, calls and others."""
    from agentalign.reveal import log_reveal
    from agentalign.tables import query_store, query_version

    place = find_workspace(workspace)
    if reveal:
        log_reveal(place, "sql", query)
    if live:
        result = query_store(place.root / "store.duckdb", query, reveal=reveal)
    else:
        result = query_version(find_version(place, version), query, reveal=reveal)
    if json:
        _print_json([dict(zip(result.columns, row, strict=True)) for row in result.rows])
    else:
        _print_table(result)


def report(
    version: Annotated[str, typer.Argument(help="A version or the start of one.")],
    out: Annotated[Path, typer.Option("--out", help="HTML file to write.")],
    workspace: Folder = DEFAULT_FOLDER,
    reveal: Reveal = False,
) -> None:
    """Write one HTML page: what a version holds and how good it is."""
    from agentalign.reveal import log_reveal
    from tasks.report.contents import gather
    from tasks.report.page import render
    from tasks.report.writing import check_target, write_page

    place = find_workspace(workspace)
    found = find_version(place, version)
    check_target(out)
    if reveal:
        log_reveal(place, "report", found.name)
    write_page(render(gather(found, reveal=reveal)), out)
    print(f"{found.name} in {out}, {out.stat().st_size:,} bytes")


def _chosen(workspace: Workspace, name: str | None) -> Version | None:
    return find_version(workspace, name) if name else None


def _print_json(value: object) -> None:
    print(orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode())


def _print_table(result: "Result") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(*result.columns, box=None)
    for row in result.rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row))
    _draw(table, wide=True)
    print(f"{len(result.rows):,} rows")


def _draw(drawing: "RenderableType", *, wide: bool = False) -> None:
    """Print a drawing; a wide one is not folded where nobody looks, as in a pipe."""
    from rich.console import Console

    console = Console()
    if wide and not console.is_terminal:
        console.width = _WIDE
    console.print(drawing)
