"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path, typer.Option("--workspace", help="Folder with the store, versions and logs.")
]
VersionName = Annotated[
    str | None,
    typer.Option("--version", help="A version, the start of one or an alias; else the newest."),
]
Named = Annotated[str, typer.Argument(help="A version, the start of one, or an alias.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for a build that holds the workspace.")]
Reveal = Annotated[
    bool, typer.Option("--reveal", help="Show harmful requests in clear; that is logged.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a drawing.")]

DEFAULT_FOLDER = Path("workspace")
