"""The command that writes a version for a trainer.

What it needs is imported when it runs, so that others start fast.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agentalign.options import DEFAULT_FOLDER, AsJson, Folder, Named

if TYPE_CHECKING:
    from tasks.formats.exporting.manifest import ExportManifest

_WIDE = 1000  # nothing is folded where nobody looks, as in a pipe

Format = Annotated[
    str,
    typer.Option(
        "--format",
        help="agentalign, openai, trl, sharegpt, mistral, functionary, parquet or hub.",
    ),
]
Reasoning = Annotated[
    Literal["keep", "strip", "empty"],
    typer.Option(help="What becomes of thoughts: kept, left out, or an empty block in each turn."),
]
Tokenizer = Annotated[
    Path | None, typer.Option("--tokenizer", help="Local folder of a model: lengths are counted.")
]
MaxTokens = Annotated[
    int | None, typer.Option("--max-tokens", min=1, help="Leave out rows that are longer.")
]
BesideCalls = Annotated[
    Literal["withhold", "drop"],
    typer.Option(
        help="A turn of text and calls, where a format has room for one: the row or text."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export)


def export(
    version: Named,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")],
    format: Format = "agentalign",
    reasoning: Reasoning = "keep",
    tokenizer: Tokenizer = None,
    max_tokens: MaxTokens = None,
    beside_calls: BesideCalls = "withhold",
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
) -> None:
    """Write a version's rows for a trainer, a file per split, and say what was left out."""
    from agentalign.exporting import choose_options, export_version
    from agentalign.workspace import find_workspace
    from tasks.formats.versions import find_version

    options = choose_options(reasoning, beside_calls, tokenizer, max_tokens)
    manifest = export_version(
        find_version(find_workspace(workspace), version), format, out, options
    )
    if json:
        print(manifest.model_dump_json())
    else:
        _print(manifest, out)


def _print(manifest: "ExportManifest", out: Path) -> None:
    from rich.console import Console

    from agentalign.exported import draw_export

    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = _WIDE
    for part in draw_export(manifest, out):
        console.print(part)
