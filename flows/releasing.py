"""What follows a publication: the report, also for the version's run, and the alias `candidate`."""

from flows.quality_report import write_report
from schemas.aliases import CANDIDATE, holders
from schemas.results import Manifest
from schemas.workspace import Workspace
from tasks.doors.aliases import move_alias, read_moves
from tasks.doors.registry import attach_pages, mirror_aliases
from tasks.formats.versions import open_version

REPORT = "report.html"
BUILD = "build"  # who moves the candidate


def release(workspace: Workspace, manifest: Manifest, *, again: bool = False) -> None:
    """Write a version's report and let `candidate` point to it, once after it was published.

    The report is attached to its run as well. A candidate that has moved on stays where it is
    when an older version is built again. With `again` the run has its report and tags made anew:
    it may be a new one. Blocking: meant for a thread.

    Raises:
        WorkspaceError: the log of aliases or the tracking database can't be used.
    """
    since = [
        move.version
        for move in read_moves(workspace)
        if move.alias == CANDIDATE and move.at >= manifest.created_at
    ]
    if manifest.version in since and not again:
        return
    page = write_report(open_version(workspace.versions / manifest.version), workspace)
    attach_pages(workspace, manifest.version, {REPORT: page.read_text("utf-8")})
    if not since:
        move_alias(workspace, CANDIDATE, manifest.version, BUILD)
    mirror_aliases(workspace, holders(read_moves(workspace)))
