"""A row as its format says it, before it is held to anything."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.base import JsonObject
from tasks.formats.importing.rows import Reason

LONGEST_DETAIL = 300  # characters
MOST = 500  # turns, calls and tools of a row, of each: matching them takes the square of it
CALL_MARKS = ("<functioncall>", "<function_call>", "<tool_call>", "[TOOL_CALLS]")


class Flaw(NamedTuple):
    """What speaks against a row: a stable word, and what exactly was found."""

    reason: Reason
    detail: str


class UnsoundRowError(ValueError):
    """A row that can't be taken."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.flaw = Flaw(reason, detail[:LONGEST_DETAIL])


@dataclass(frozen=True, slots=True)
class GivenCall:
    """A call under the name that the row gives its tool."""

    name: str
    arguments: JsonObject
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn as it is given; `role` is not checked. A tool's turn may say whose result it is."""

    role: str
    content: str | None = None
    calls: tuple[GivenCall, ...] = ()
    call_id: str | None = None
    name: str | None = None
    reasoning: str | None = None
    train: bool = True


@dataclass(slots=True)
class Draft:
    """A row's id, if it has one, its turns, its tools as they are given, and its flaws.

    `unread` counts calls, and texts of calls, that could not be read.
    """

    id: str | None = None
    turns: list[Turn] = field(default_factory=list)
    tools: list[object] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unread: int = 0

    @property
    def read(self) -> int:
        """The number of calls that were read."""
        return sum(len(turn.calls) for turn in self.turns)

    def find(self, reason: Reason, detail: str) -> None:
        """Note a flaw; reading goes on, so that all calls are counted."""
        self.flaws.append(Flaw(reason, detail[:LONGEST_DETAIL]))

    def miss_call(self, detail: str) -> None:
        """Note a call, or a text of calls, that can't be read."""
        self.unread += 1
        self.find("unread_call", detail)


def check_size(entries: Sequence[object], what: str) -> None:
    """Raise UnsoundRowError for more than anything could be made of."""
    if len(entries) > MOST:
        raise UnsoundRowError("too_large", f"{len(entries):,} {what}; {MOST} are the most")


def note_marked_calls(draft: Draft) -> None:
    """Note calls that stand in the text of an assistant, as trainers write them into prompts."""
    for number, turn in enumerate(draft.turns, start=1):
        found = sum((turn.content or "").count(mark) for mark in CALL_MARKS)
        for _ in range(found if turn.role == "assistant" else 0):
            draft.miss_call(f"turn {number}: a call stands in its text")
