"""Questions that need no tool, and what is said to them."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from random import Random

from tasks.rehearsal.files import load_data
from tasks.rehearsal.voices import BRISK, FORMAL

NUMBERS = (3, 79)  # least and greatest of those that are to be added up
VOICES = (BRISK, FORMAL)


@dataclass(frozen=True, slots=True)
class Frame:
    """One form of a question: its kind, what must stand in a text, the pattern that reads it."""

    kind: str
    literal: str
    pattern: re.Pattern[str]


def draw_questions(count: int, model: str, rng: Random) -> list[str]:
    """Return questions about subjects that differ as long as there are any left."""
    subjects: list[dict[str, str]] = load_data("talk")["subjects"]
    drawn = rng.sample(subjects, min(count, len(subjects)))
    drawn += rng.choices(subjects, k=count - len(drawn))
    return [_question(subject, model, rng) for subject in drawn]


def _question(subject: dict[str, str], model: str, rng: Random) -> str:
    frames = _frames(BRISK if model == BRISK else FORMAL)
    numbers = {name: rng.randint(*NUMBERS) for name in "abc"}
    audience = rng.choice(load_data("talk")["audiences"])
    text = rng.choice(frames).format(**_slots(subject), **numbers, audience=audience)
    return text[:1].upper() + text[1:]


def _slots(subject: dict[str, str]) -> dict[str, str]:
    name = subject["name"]
    return {**subject, "Name": name[:1].upper() + name[1:]}


@cache
def _frames(voice: str) -> tuple[str, ...]:
    kinds = load_data("talk")["kinds"].values()
    return tuple(frame for kind in kinds for frame in kind[voice])


@lru_cache(maxsize=1024)
def answer_question(text: str, drawn: int) -> str | None:
    """Return the answer to a question of the file; None for any other text."""
    for frame in _readers():
        found = frame.pattern.fullmatch(text) if frame.literal in text else None
        subject = _subjects().get(found["name"].casefold()) if found else None
        if found and subject:
            answers = load_data("talk")["kinds"][frame.kind]["answers"]
            said = str(answers[drawn % len(answers)])
            return said.format(**_slots(subject), **_sums(found.groupdict()))
    return None


def _sums(groups: dict[str, str]) -> dict[str, int]:
    """Return the numbers of a question and what they add up to; empty if it has none."""
    numbers = {name: int(groups[name]) for name in "abc" if name in groups}
    if len(numbers) < len("abc"):
        return {}
    a, b, c = numbers.values()
    return {**numbers, "ab": a + b, "sum": a + b + c}


@cache
def _subjects() -> dict[str, dict[str, str]]:
    return {subject["name"].casefold(): subject for subject in load_data("talk")["subjects"]}


@cache
def _readers() -> tuple[Frame, ...]:
    kinds = load_data("talk")["kinds"].items()
    return tuple(
        _reader(name, frame) for name, kind in kinds for voice in VOICES for frame in kind[voice]
    )


def _reader(kind: str, frame: str) -> Frame:
    """Return the frame as a pattern; a frame that begins with a slot begins with a capital."""
    literals = re.split(r"\{\w+\}", frame)
    escaped = re.sub(r"\\\{(\w+)\\\}", _group, re.escape(frame))
    return Frame(kind, max(literals, key=len), re.compile(escaped))


def _group(slot: re.Match[str]) -> str:
    """Return the group of a slot; `{Name}` is read as the name."""
    name = slot[1].casefold()
    return rf"(?P<{name}>\d+)" if len(name) == 1 else rf"(?P<{name}>.+?)"
