"""A sitting: rows are shown one after the other, each key is heeded and stored at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import RenderableType

from agentalign.reviewing.drawing import HELP, draw_subject
from agentalign.reviewing.frame import Subject
from agentalign.reviewing.opinion import make_review
from schemas.rows import OTHER_LABELS, Opinion, Review

_OPINIONS: Mapping[str, Opinion] = {"a": "accept", "r": "reject"}
_ASK = "a accept · r reject · l relabel · s skip · u undo · n note · ? help · q quit"


class Keyboard(Protocol):
    """Where answers come from."""

    def key(self) -> str:
        """Return the next key, in lower case; `q` when there is no more."""
        ...

    def line(self) -> str:
        """Return the next line."""
        ...


class Ledger(Protocol):
    """Where looks and verdicts go; what it has returned from is on disk."""

    def look(self, subject: Subject) -> None:
        """Note that a row is shown."""
        ...

    def save(self, review: Review) -> None:
        """Keep a verdict."""
        ...

    def remove(self, review: Review) -> None:
        """Take a verdict back."""
        ...


@dataclass(slots=True)
class Session:
    """Goes through rows until they end or the reviewer does."""

    subjects: Sequence[Subject]
    keyboard: Keyboard
    ledger: Ledger
    say: Callable[[RenderableType], None]
    given: list[tuple[int, Review]] = field(default_factory=list)  # with the row's place
    _place: int = 0
    _note: str = ""

    def run(self) -> list[Review]:
        """Return the verdicts that were given and not taken back."""
        while self._place < len(self.subjects):
            subject = self.subjects[self._place]
            self.ledger.look(subject)
            self.say(draw_subject(subject, self._place + 1, len(self.subjects)))
            self.say(_ASK)
            while (key := self.keyboard.key()) != "q":
                if self._heed(key, subject):
                    break
            else:
                break
        return [review for _, review in self.given]

    def _heed(self, key: str, subject: Subject) -> bool:
        """Do what a key asks for; return whether another row is to be shown."""
        match key:
            case "a" | "r":
                return self._give(subject, _OPINIONS[key])
            case "l":
                return self._relabel(subject)
            case "s":
                return self._move(self._place + 1)
            case "u":
                return self._undo()
            case "n":
                self.say("note, goes with the verdict that follows:")
                self._note = self.keyboard.line()
            case _:
                self.say(HELP if key == "?" else _ASK)
        return False

    def _give(self, subject: Subject, opinion: Opinion, label: str = "") -> bool:
        review = make_review(subject, opinion, label, self._note)
        self.ledger.save(review)
        self.given.append((self._place, review))
        return self._move(self._place + 1)

    def _relabel(self, subject: Subject) -> bool:
        others = [each for each in OTHER_LABELS[subject.check] if each != subject.row.intent]
        by_key = {("o" if each == "borderline" else each[0]): each for each in others}
        self.say(" · ".join(f"{key} {label}" for key, label in by_key.items()))
        label = by_key.get(self.keyboard.key(), "")
        if not label:
            self.say(f"not relabelled; {_ASK}")
        return bool(label) and self._give(subject, "relabel", label)

    def _undo(self) -> bool:
        if not self.given:
            self.say("nothing to undo in this sitting")
            return False
        place, review = self.given.pop()
        self.ledger.remove(review)
        return self._move(place)

    def _move(self, place: int) -> bool:
        self._place, self._note = place, ""
        return True
