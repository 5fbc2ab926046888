"""Chains that wait for a person's word: which they are, and which run waits for it."""

from pathlib import Path

from pydantic import ValidationError

from schemas.base import Declared
from schemas.errors import WorkspaceError


class Questions(Declared):
    """What a build asks about its chains. `run` is None where none waits: it is started again."""

    chains: tuple[str, ...]  # ids
    receipts: tuple[str, ...]  # keys of the stage runs that made them
    run: str | None = None
    api: str = ""  # the Prefect server of the run


def save_questions(file: Path, questions: Questions) -> None:
    """Write the questions, in the place of earlier ones."""
    draft = file.with_suffix(".tmp")
    draft.write_text(questions.model_dump_json(indent=2) + "\n", "utf-8")
    draft.replace(file)


def load_questions(file: Path) -> Questions | None:
    """Return the questions; None if there are none. Raises: WorkspaceError."""
    try:
        return Questions.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as exc:
        msg = f"{file} can't be read; remove it and start the build again"
        raise WorkspaceError(msg) from exc
