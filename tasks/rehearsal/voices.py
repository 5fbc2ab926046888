"""Voices: the frames a text is put into, and how each embedded model leans."""

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import TypeVar

from tasks.rehearsal.files import load_data

BRISK, FORMAL, JUDGE = "rehearsal-brisk", "rehearsal-formal", "rehearsal-judge"
MODELS = (BRISK, FORMAL, JUDGE)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Voice:
    """One way of writing. `lean` > 0 favours the first of a list of wordings, < 0 the last."""

    openings: tuple[str, ...]
    first: tuple[str, ...]
    next: tuple[str, ...]
    last: tuple[str, ...]
    aim_first: tuple[str, ...]
    aim_last: tuple[str, ...]
    remarks: tuple[str, ...]
    closings: tuple[str, ...]
    layouts: tuple[tuple[str, ...], tuple[int, ...]]
    lean: float
    quotes: str

    def choose(self, wordings: tuple[str, ...], rng: Random) -> str:
        """Return a wording, drawn by the voice's lean."""
        weights = [1.0 + self.lean * (0.5 - i / len(wordings)) for i in range(len(wordings))]
        return rng.choices(wordings, weights)[0]

    def layout(self, rng: Random) -> str:
        """Return how the steps are laid out."""
        return rng.choices(*self.layouts)[0]


@cache
def voice_of(model: str) -> Voice:
    """Return a model's voice; the judge, should it be asked to write, is formal."""
    name = BRISK if model == BRISK else FORMAL
    frames = dict(load_data("frames")[name])
    layouts = frames.pop("layouts")
    texts = {key: tuple(values) for key, values in frames.items()}
    lean, quotes = (1.0, '""') if name == BRISK else (-1.0, "“”")
    shares = (tuple(layouts), tuple(layouts.values()))
    return Voice(**texts, layouts=shares, lean=lean, quotes=quotes)
