"""Keeps what is said of rows in the browser, whoever holds the store."""

import asyncio
from dataclasses import dataclass, field
from threading import Lock

from agentalign.reviewing.frame import Subject, answer_of
from schemas.errors import WorkspaceBusyError, WorkspaceError
from schemas.ids import row_id
from schemas.rows import Review
from schemas.workspace import Workspace, store_url
from tasks.doors.pending import Act, after, append_act, read_acts, take_in_acts
from tasks.doors.store import Store
from tasks.formats.versions import Version
from tasks.holding import hold_workspace

BUSY = (
    "A build holds the workspace. What you say is kept in reviews.jsonl, "
    "and the next build or `agentalign review` takes it into the store."
)
_ABSENT = "There is no store here: what you say waits in reviews.jsonl until there is one."


@dataclass(slots=True)
class Desk:
    """Reviews by id. Each is on disk first, and goes into the store at once if it can be opened.

    `notice` says in words why the last one could not, empty if all of them are in the store.
    """

    workspace: Workspace
    known: dict[str, Review]
    notice: str = ""
    _lock: Lock = field(default_factory=Lock)

    def of(self, subject: Subject) -> Review | None:
        """Return what was said of a request or of an answer, if anything was."""
        return self.known.get(row_id("review", subject.request.id, answer_of(subject)))

    def give(self, review: Review) -> None:
        """Keep a review. Raises: WorkspaceError if it can't be; it is not known then."""
        self._act(Act(given=review))
        self.known[review.id] = review

    def take_back(self, review_id: str) -> None:
        """Forget a review. Raises: WorkspaceError."""
        self._act(Act(forgotten=review_id))
        self.known.pop(review_id, None)

    def hand_over(self) -> None:
        """Bring what waits into the store if nobody else has it open; read what is there."""
        with self._lock:
            try:
                with hold_workspace(self.workspace):
                    self.known = {each.id: each for each in asyncio.run(self._exchange())}
                self.notice = ""
            except WorkspaceBusyError:
                self.notice = BUSY
            except WorkspaceError:
                self.notice = _ABSENT

    def _act(self, act: Act) -> None:
        append_act(self.workspace, act)
        self.hand_over()

    async def _exchange(self) -> list[Review]:
        with Store.open(store_url(self.workspace), create=False) as store:
            await take_in_acts(self.workspace, store)
            return await store.reviews()


def open_desk(workspace: Workspace, version: Version) -> Desk:
    """Return a desk that knows what was said so far, as far as it can be read."""
    known = {review.id: review for review in version.rows(Review)}
    desk = Desk(workspace, after(read_acts(workspace), known))
    desk.hand_over()
    return desk
