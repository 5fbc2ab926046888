"""Which evaluations a workspace has; read from their folders alone."""

from pathlib import Path

from pydantic import ValidationError

from schemas.errors import WorkspaceError
from schemas.evaluations import Evaluation
from schemas.workspace import Workspace

FIGURES = "evaluation.json"


def find_evaluation(workspace: Workspace, name: str) -> Evaluation | None:
    """Return an evaluation by its name, if it is there. Raises: WorkspaceError."""
    file = workspace.evaluations / name / FIGURES
    return _read(file) if file.exists() else None


def list_evaluations(workspace: Workspace, version: str = "") -> list[Evaluation]:
    """Return the evaluations of a workspace, or of one version, newest first.

    Raises:
        WorkspaceError: one of them can't be read.
    """
    found = [_read(file) for file in workspace.evaluations.glob(f"[!.]*/{FIGURES}")]
    own = [each for each in found if version in ("", each.version)]
    return sorted(own, key=lambda each: (each.created_at, each.name), reverse=True)


def _read(file: Path) -> Evaluation:
    try:
        return Evaluation.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as exc:
        raise damaged(file) from exc


def damaged(file: Path) -> WorkspaceError:
    """Return what is said of a file that can't be read."""
    return WorkspaceError(
        f"{file} can't be read; remove its folder and run the evaluation again: that makes no"
        " new call"
    )
