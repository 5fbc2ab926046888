"""What follows a publication: pages for the version's run, and the alias `candidate`."""

from collections.abc import Mapping
from importlib.metadata import entry_points

from schemas.aliases import CANDIDATE, holders
from schemas.results import Manifest
from schemas.workspace import Workspace
from tasks.doors.aliases import move_alias, read_moves
from tasks.doors.registry import attach_pages, mirror_aliases

PAGES = "agentalign.pages"  # entry points: what a layer above makes, which can't be imported here
BUILD = "build"  # who moves the candidate


def release(workspace: Workspace, manifest: Manifest) -> None:
    """Attach a version's pages and let `candidate` point to it, once after it was published.

    A candidate that has moved on stays where it is when an older version is built again.
    Blocking: meant for a thread.

    Raises:
        WorkspaceError: the log of aliases or the tracking database can't be used.
    """
    since = [
        move.version
        for move in read_moves(workspace)
        if move.alias == CANDIDATE and move.at >= manifest.created_at
    ]
    if manifest.version in since:
        return
    attach_pages(workspace, manifest.version, _make_pages(workspace, manifest))
    if not since:
        move_alias(workspace, CANDIDATE, manifest.version, BUILD)
    mirror_aliases(workspace, holders(read_moves(workspace)))


def _make_pages(workspace: Workspace, manifest: Manifest) -> Mapping[str, str]:
    folder = workspace.versions / manifest.version
    return {point.name: point.load()(folder) for point in entry_points(group=PAGES)}
