"""Commands on versions as a whole: promote, diff, load, gc, backup, restore.

What a command needs is imported when it runs, so that each starts fast.
"""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from agentalign.options import DEFAULT_FOLDER, AsJson, Folder, Named, Reveal, Wait
from agentalign.workspace import find_workspace
from tasks.formats.versions import find_version

_WIDE = 160


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (promote, diff, load, gc, backup, restore):
        app.command(command.__name__)(command)


def promote(
    version: Named,
    alias: Annotated[str, typer.Argument(help="training or candidate.")],
    by: Annotated[str | None, typer.Option(help="Who moves it; else the name you go by.")] = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
) -> None:
    """Let an alias point to a version, if it came through the quality gate; that is logged."""
    from agentalign.promoting import check_alias, promote

    place, known = find_workspace(workspace), check_alias(alias)
    move = promote(place, find_version(place, version), known, by)
    if json:
        _print_json(move.model_dump(mode="json"))
        return
    before = f", before: {move.before}" if move.before else ""
    print(f"{move.alias} is {move.version}, since {move.at}, by {move.by}{before}")


def diff(
    before: Named,
    after: Named,
    sample: Annotated[
        int, typer.Option("--n", min=0, max=100, help="How many changed rows to show.")
    ] = 2,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
    reveal: Reveal = False,
) -> None:
    """Compare two versions: parameters, rows, verdicts, figures, and some rows side by side."""
    from rich.console import Console

    from agentalign.diffing.difference import compare, difference_object
    from agentalign.diffing.drawing import draw_difference
    from agentalign.reveal import log_reveal

    place = find_workspace(workspace)
    one, other = find_version(place, before), find_version(place, after)
    if reveal:
        log_reveal(place, "diff", f"{one.name} {other.name}")
    found = compare(one, other, sample=sample, reveal=reveal)
    if json:
        _print_json(difference_object(found))
        return
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    console.print(*draw_difference(found), sep="\n")


def load(version: Named, workspace: Folder = DEFAULT_FOLDER, json: AsJson = False) -> None:
    """Say where a version lies, and how DuckDB, pandas and datasets read it."""
    from agentalign.loading import parts_of, snippets

    found = find_version(find_workspace(workspace), version)
    parts, shown = parts_of(found), snippets(found)
    if json:
        files = [{"split": p.split, "file": str(p.file), "rows": p.rows, "bytes": p.size}
                 for p in parts]  # fmt: skip
        _print_json({"version": found.name, "path": str(found.folder.resolve()), "files": files,
                     "snippets": shown})  # fmt: skip
        return
    print(f"{found.name} in {found.folder.resolve()}")
    for part in parts:
        print(f"  data/{part.file.name:20} {part.rows:>8,} rows {part.size:>12,} bytes")
    for name, code in shown.items():
        print(f"\n# {name}\n{code}")


def gc(
    keep: Annotated[
        int, typer.Option("--keep", min=1, help="How many of the newest versions stay in any case.")
    ] = 1,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be removed.")
    ] = False,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
    wait: Wait = False,
) -> None:
    """Remove versions that nothing points to, and the answers that only they needed."""
    from agentalign.collecting.collect import collect
    from agentalign.collecting.drawing import draw_collected

    found = collect(find_workspace(workspace), keep=keep, dry_run=dry_run, wait=wait)
    if json:
        _print_json(found.as_object())
    else:
        print(draw_collected(found))


def backup(
    file: Annotated[Path, typer.Argument(help="Archive to write, e.g. backup.tar.gz.")],
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
    wait: Wait = False,
) -> None:
    """Write one archive of all that can't be made again: answers, versions, their history."""
    from agentalign.archiving.writing import write_backup

    written = write_backup(find_workspace(workspace), file, wait=wait)
    if json:
        _print_json({"file": str(file), "files": len(written.files), "bytes": file.stat().st_size})
    else:
        size = sum(each.size for each in written.files.values())
        print(f"{len(written.files):,} files, {size:,} bytes, in {file}:"
              f" {file.stat().st_size:,} bytes")  # fmt: skip


def restore(
    file: Annotated[Path, typer.Argument(help="Archive that `backup` wrote.")],
    force: Annotated[
        bool,
        typer.Option("--force", help="Even where there is a workspace; it is set aside, whole."),
    ] = False,
    workspace: Folder = DEFAULT_FOLDER,
) -> None:
    """Make a workspace of an archive, once all of it is checked."""
    from agentalign.archiving.reading import read_backup

    restored = read_backup(file, workspace, force=force)
    print(f"{len(restored.listing.files):,} files in {workspace}, as of"
          f" {restored.listing.made_at}")  # fmt: skip
    if restored.aside is not None:
        print(f"what was there before is in {restored.aside}")


def _print_json(value: object) -> None:
    print(orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode())
