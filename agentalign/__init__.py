"""Reads and exports dataset versions: `load`, `sample`, `export`.

`Refused` is what the code of a tool of your own raises for a call that can't be done.
Nothing is imported before it is used, so that `import agentalign` costs nothing.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from schemas.rows import Example, Intent
    from tasks.formats.exporting.manifest import ExportManifest
    from tasks.formats.exporting.options import ExportOptions
    from tasks.formats.versions import Version
    from tasks.world.contract import Refused

__all__ = ["Refused", "export", "load", "sample"]

Split = Literal["train", "validation", "test"]


def __getattr__(name: str) -> object:
    if name == "Refused":
        from tasks.world.contract import Refused

        return Refused
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def load(
    version: str | None = None, workspace: str | Path = "workspace", split: Split | None = None
) -> "list[Example]":
    """Return a version's rows by id, unmasked; without a name the newest version's.

    A version is found by its name, an unambiguous start of it, or an alias such as `training`.

    Raises:
        AgentAlignError: there is no such version, or it can't be read.
    """
    from schemas.rows import Example

    found = _find(version, workspace)
    return found.rows(Example, "split", [split]) if split else found.rows(Example)


def sample(
    version: str | None = None,
    workspace: str | Path = "workspace",
    *,
    intent: "Intent | None" = None,
    category: str | None = None,
    n: int = 1,
    seed: int = 0,
) -> "list[Example]":
    """Return up to n rows, unmasked, the same ones for the same seed.

    Raises:
        AgentAlignError: there is no such version or category.
    """
    from agentalign.sampling import draw_examples

    found = _find(version, workspace)
    return draw_examples(found, intent=intent, category=category, n=n, seed=seed)


def export(
    out: str | Path,
    version: str | None = None,
    workspace: str | Path = "workspace",
    format: str = "agentalign",
    options: "ExportOptions | None" = None,
) -> "ExportManifest":
    """Write a version into a folder in a training format, and return what was written.

    Raises:
        AgentAlignError: there is no such version or format, or the folder is taken.
    """
    from agentalign.exporting import export_version

    return export_version(_find(version, workspace), format, Path(out), options)


def _find(version: str | None, workspace: str | Path) -> "Version":
    from agentalign.workspace import find_workspace
    from tasks.formats.versions import find_version

    return find_version(find_workspace(Path(workspace)), version)
