"""Prepares the workspace of a build, and finds one to read from."""

from pathlib import Path

from schemas.errors import WorkspaceError
from schemas.workspace import Workspace
from tasks.holding import not_writable


def prepare_workspace(root: Path) -> Workspace:
    """Create the workspace's folders. Raises: WorkspaceError if it can't be used."""
    workspace = Workspace(root.resolve())
    artifacts = workspace.mlflow_artifacts
    folders = (workspace.journal, workspace.versions, workspace.results, artifacts, workspace.logs)
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as exc:
        msg = f"workspace {root} is a file, or below one; give another folder with --workspace"
        raise WorkspaceError(msg) from exc
    except OSError as exc:
        raise not_writable(root, exc) from exc
    return workspace


def find_workspace(root: Path) -> Workspace:
    """Return a workspace to read from. Raises: WorkspaceError if there is none."""
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        msg = f"workspace {root} {what}; run `agentalign build` first, or give --workspace DIR"
        raise WorkspaceError(msg)
    return Workspace(root.resolve())
