"""A sitting, key by key."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO

from rich.console import Console, RenderableType

from agentalign.reviewing.frame import Subject
from agentalign.reviewing.session import Session
from schemas.rows import Review
from tests.agentalign.reviewing.samples import subject


@dataclass
class Script:
    """Keys and lines that were pressed beforehand."""

    pressed: Iterator[str]

    def key(self) -> str:
        """Return the next key."""
        return next(self.pressed, "q")

    def line(self) -> str:
        """Return the next line."""
        return next(self.pressed, "")


@dataclass
class Notes:
    """A ledger in memory: verdicts by request, and what was looked at."""

    kept: dict[str, Review] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def look(self, subject: Subject) -> None:
        """Note a look."""
        self.seen.append(subject.row.id)

    def save(self, review: Review) -> None:
        """Keep a verdict."""
        self.kept[review.instruction] = review

    def remove(self, review: Review) -> None:
        """Take a verdict back."""
        del self.kept[review.instruction]


def sit(*pressed: str, rows: int = 3) -> tuple[Notes, str]:
    """Press keys over benign rows; return what was kept and what was shown."""
    notes, screen = Notes(), StringIO()
    console = Console(width=100, file=screen)

    def say(shown: RenderableType) -> None:
        console.print(shown)

    subjects = [subject(number, accepted=number != 1) for number in range(rows)]
    Session(subjects, Script(iter(pressed)), notes, say).run()
    return notes, screen.getvalue()


def verdicts(notes: Notes) -> list[tuple[str, str, str]]:
    """Return who, what, and as what."""
    return [(name[-1], each.verdict, each.label) for name, each in notes.kept.items()]


def test_each_key_is_a_verdict() -> None:
    """Accept, reject, and relabel with a second key; the intent itself is no other label."""
    notes, shown = sit("a", "r", "l", "h")
    assert verdicts(notes) == [
        ("0", "accept", ""), ("1", "reject", ""), ("2", "relabel", "harmful")
    ]  # fmt: skip
    assert "h harmful · o borderline" in shown


def test_skip_says_nothing_and_quit_ends() -> None:
    """What was said before stays."""
    assert verdicts(sit("s", "a", "q")[0]) == [("1", "accept", "")]


def test_undo_takes_the_last_verdict_back_and_shows_its_row() -> None:
    """Then another can be given; with nothing given there is nothing to undo."""
    notes, _ = sit("a", "r", "u", "a", "q")
    assert verdicts(notes) == [("0", "accept", ""), ("1", "accept", "")]
    assert [name[-1] for name in notes.seen] == ["0", "1", "2", "1", "2"]
    assert "nothing to undo" in sit("u")[1]


def test_a_note_goes_with_the_verdict_that_follows() -> None:
    """And with no other."""
    notes, _ = sit("n", "odd wording", "r", "a")
    assert [each.note for each in notes.kept.values()] == ["odd wording", ""]


def test_other_keys_change_nothing() -> None:
    """`?` explains them; a label that is none is no verdict."""
    notes, shown = sit("x", "?", "l", "b", "q")
    assert notes.kept == {}
    assert "take back the last verdict" in shown
    assert "not relabelled" in shown


def test_a_reviewer_sees_the_policy_and_not_what_judges_said() -> None:
    """Request, intent and policy text; no word of the filter's."""
    _, shown = sit("a", "a", "a")
    assert "Is this request benign?" in shown
    assert "Publishing where a private person lives." in shown
    assert "the benign text 0" in shown
    assert "rejected" not in shown
    assert "accepted" not in shown


def test_the_filters_word_is_kept_for_the_figures() -> None:
    """As it was when the row was read."""
    notes, _ = sit("a", "a", "a")
    assert [each.outcome for each in notes.kept.values()] == ["accepted", "rejected", "accepted"]
