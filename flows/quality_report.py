"""Writes the page about a version: what is in it, and how good it is."""

import asyncio
from pathlib import Path

from prefect import flow
from prefect.artifacts import acreate_link_artifact

from schemas.results import ReportResult
from schemas.workspace import Workspace, place_of
from tasks.formats.versions import Version, find_version
from tasks.report.contents import gather
from tasks.report.page import render
from tasks.report.writing import check_target, write_page


@flow(name="quality-report")
async def write_quality_report(version: str = "", workspace: str = "workspace") -> ReportResult:
    """Write a version's report beside the versions and link it from the run; harm is masked.

    Args:
        version: A version or the start of its name; empty: the newest.
        workspace: The folder with the versions; the worker has to reach it.

    Raises:
        BadInputError: there is no such version, or the page can't be written.
    """
    place = place_of(workspace)
    found = find_version(place, version or None)
    page = await asyncio.to_thread(write_report, found, place)
    await acreate_link_artifact(
        link=page.as_uri(),
        link_text=f"Report on {found.name}",
        key="quality-report",
        description=f"`{page}`",
    )
    return ReportResult(version=found.name, path=str(page))


def report_of(place: Workspace, version: str) -> Path:
    """Return where the page about a version is, or would be."""
    return place.reports / f"{version}.html"


def write_report(version: Version, place: Workspace) -> Path:
    """Write the page about a version, in the place of an earlier one; return where it is.

    Raises:
        BadInputError: it can't be written.
    """
    out = report_of(place, version.name)
    out.parent.mkdir(exist_ok=True)
    check_target(out)
    kept = version.kept()  # which takes less memory at a time
    write_page(render(gather(kept, reveal=False)), out)
    return out
