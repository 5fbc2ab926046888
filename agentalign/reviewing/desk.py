"""What a sitting rests on: a keyboard or a script before it, store and log behind it."""

import asyncio
import sys
from dataclasses import dataclass

import typer

from agentalign.reveal import log_reveal
from agentalign.reviewing.frame import Subject
from schemas.rows import Review
from schemas.workspace import Workspace
from tasks.doors.store import Store


class Terminal:
    """Single keys of a terminal; from anything else, the first letter of each line."""

    def key(self) -> str:
        """Return the next key, in lower case; `q` when the input has ended."""
        if sys.stdin.isatty():
            try:
                return typer.getchar().lower()
            except EOFError:  # Ctrl-D
                return "q"
        said = sys.stdin.readline()
        return said.strip()[:1].lower() if said else "q"

    def line(self) -> str:
        """Return the next line."""
        return sys.stdin.readline().strip()


@dataclass(frozen=True, slots=True)
class StoreLedger:
    """Writes verdicts into the store, and into the log that harm was looked at."""

    workspace: Workspace
    store: Store

    def look(self, subject: Subject) -> None:
        """Note that harmful text is shown. Raises: WorkspaceError; nothing is shown then."""
        if subject.masked:
            log_reveal(self.workspace, "review", subject.row.id)

    def save(self, review: Review) -> None:
        """Keep a verdict."""
        asyncio.run(self.store.save_review(review))

    def remove(self, review: Review) -> None:
        """Take a verdict back."""
        asyncio.run(self.store.remove_review(review.id))
