"""The command about other people's datasets: import.

What it needs is imported when it runs, so that every command starts fast.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from agentalign.options import AsJson

if TYPE_CHECKING:
    from tasks.formats.importing.rows import ForeignRow, RejectedRow


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_rows)


def import_rows(
    file: Annotated[str, typer.Argument(help="A file, a folder of files, or hf:owner/name.")],
    format_name: Annotated[
        str,
        typer.Option("--format", help="toolace, glaive, glaive-sharegpt, agentalign or openai."),
    ],
    examples: Annotated[
        int, typer.Option("--n", min=0, help="Examples of rows taken, and of each reason.")
    ] = 3,
    json: AsJson = False,
) -> None:
    """Show what a build would take of another dataset, and what it would reject and why."""
    from agentalign.intake import count_rows, draw_intake

    intake = count_rows(_read(file, format_name), examples)
    if json:
        print(orjson.dumps(intake.figures()).decode())
        return
    for line in draw_intake(intake):
        print(line)


def _read(file: str, format_name: str) -> "Iterator[ForeignRow | RejectedRow]":
    from tasks.formats.importing.formats import read_rows
    from tasks.formats.importing.hub import PREFIX, read_hub

    if file.startswith(PREFIX):
        return read_hub(file, format_name)
    return read_rows(Path(file), format_name)
