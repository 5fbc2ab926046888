"""The page of a version for whoever opens its run in MLflow: harmful texts are masked."""

from pathlib import Path

from agentalign.report.contents import gather
from agentalign.report.page import render
from agentalign.versions import open_version


def make_page(folder: Path) -> str:
    """Return the page of the version in a folder. Raises: WorkspaceError if it is damaged."""
    return render(gather(open_version(folder), reveal=False))
