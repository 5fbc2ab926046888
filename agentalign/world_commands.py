"""Commands about the world: tools, replay.

What a command needs is imported when it runs, so that each starts fast.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from agentalign.options import DEFAULT_FOLDER, AsJson, Folder, VersionName
from schemas.errors import AgentAlignError, BadInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.actions import Tool
    from tasks.replaying import Replayed

_SHOWN = 20  # executions that are not identical, a line each


class ReplayError(AgentAlignError):
    """Some execution did not come to the same again."""


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (tools, replay):
        app.command(command.__name__)(command)


def tools(
    file: Annotated[
        Path | None, typer.Option("--from", help="Your own tools: what a build would take of them.")
    ] = None,
    group: Annotated[str | None, typer.Option(help="Only one API group.")] = None,
    json: AsJson = False,
) -> None:
    """List the tools: the built-in ones, or those of a file of your own."""
    from agentalign.tool_notes import tool_notes
    from schemas.catalogue import load_catalogue
    from schemas.own_tools.file import read_own_tools

    own = read_own_tools(file) if file else None
    found = [*(own.tools if own else load_catalogue().tools.values())]
    groups = list(dict.fromkeys(_group(tool) for tool in found))
    if group is not None and group not in groups:
        raise BadInputError(f"no tools of group {group!r}; there are: {', '.join(groups)}")
    shown = [tool for tool in found if group in (None, _group(tool))]
    if json:
        print(orjson.dumps([_describe(tool) for tool in shown]).decode())
        return
    _draw_tools(shown)
    for note in tool_notes(own) if own else ():
        print(note)


def replay(
    row_id: Annotated[
        str | None, typer.Argument(help="Id of an example, response, plan or binding.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All executions of the version.")] = False,
    version: VersionName = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
) -> None:
    """Run the calls of rows again, in a fresh process and without any model; compare bytes."""
    import asyncio

    from agentalign.lookup import find_row
    from agentalign.workspace import find_workspace
    from tasks.formats.versions import find_version
    from tasks.replaying import count, find_jobs, replay

    if every == (row_id is not None):
        raise BadInputError("name one row, or give --all")
    place = find_workspace(workspace)
    source = find_version(place, version) if every or version else None
    found = find_row(place, row_id, source) if row_id else None
    where = found.version if found else find_version(place, version)
    done = asyncio.run(replay(where, find_jobs(where, found.row if found else None)))
    if json:
        print(orjson.dumps({"version": where.name, **count(done)}).decode())
    else:
        _print_replayed(done)
    failed = sum(each.status != "identical" for each in done)
    if failed:
        raise ReplayError(f"{failed:,} of {len(done):,} executions are not identical")


def _group(tool: "Tool") -> str:
    return tool.capability.partition(".")[0]


def _describe(tool: "Tool") -> dict[str, object]:
    return {
        "name": tool.name,
        "group": _group(tool),
        "capability": tool.capability,
        "parameters": tool.parameters,
    }


def _draw_tools(shown: "Sequence[Tool]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("tool", "capability", "provider", "parameters", box=None)
    for tool in shown:
        table.add_row(tool.name, tool.capability, tool.provider, _parameters(tool))
    Console(width=160).print(table, markup=False, highlight=False)
    print(f"{len(shown)} tools; optional parameters in brackets")


def _parameters(tool: "Tool") -> str:
    properties, required = tool.parameters["properties"], tool.parameters["required"]
    assert isinstance(properties, dict)
    assert isinstance(required, list)
    return ", ".join(name if name in required else f"[{name}]" for name in properties)


def _print_replayed(done: "Sequence[Replayed]") -> None:
    from tasks.replaying import count

    other = [each for each in done if each.status != "identical"]
    for each in other[:_SHOWN]:
        print(f"{each.status}: {each.row} ({each.calls} calls): {each.detail}")
    if len(other) > _SHOWN:
        print(f"… and {len(other) - _SHOWN:,} more")
    told = ", ".join(f"{number:,} {status}" for status, number in count(done).items())
    calls = sum(each.calls for each in done)
    print(f"{len(done):,} executions with {calls:,} calls: {told or 'nothing to replay'}")
