"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path, typer.Option("--workspace", help="Folder with the store, versions and logs.")
]
VersionName = Annotated[
    str | None, typer.Option("--version", help="A version or the start of one; else the newest.")
]
Reveal = Annotated[
    bool, typer.Option("--reveal", help="Show harmful requests in clear; that is logged.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a drawing.")]

DEFAULT_FOLDER = Path("workspace")
