"""What a request is for, and how a purpose is known again when it is read."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Literal

from schemas.rows import Intent
from tasks.rehearsal.files import load_data

Reading = Intent | Literal["ambiguous"]


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose as it was recognised in a text."""

    phrase: str
    intent: Reading
    subcategory: str


def draw_purpose(subcategory: str, intent: Reading, drawn: int) -> str:
    """Return a purpose: neighbouring draws differ. Unknown subcategories get a general one."""
    if intent == "ambiguous":
        unclear = load_data("purposes")["ambiguous"]
        return str(unclear[drawn % len(unclear)])
    known = load_data("purposes")["subcategories"].get(subcategory)
    if known is not None:
        return str(known[intent][drawn % len(known[intent])])
    general = load_data("purposes")["any"][intent]
    return str(general[drawn % len(general)]).format(subject=subcategory.replace("_", " "))


@lru_cache(maxsize=8192)
def recognise(text: str) -> Purpose | None:
    """Return the gravest purpose a text states; None if it states none that is known."""
    plain = normalise(text)
    words, known, first = plain.split(), _known(), _first_words()
    pairs = {f"{one} {two}" for one, two in pairwise(words) if one in first}
    found = [p for start in sorted(pairs & known.keys()) for p in known[start] if p.phrase in plain]
    found = found or _general(plain)
    return min(found, key=lambda purpose: _GRAVITY.index(purpose.intent), default=None)


_GRAVITY: tuple[Reading, ...] = ("harmful", "ambiguous", "borderline", "benign")


def normalise(text: str) -> str:
    """Return a text in lower case, with straight apostrophes and single spaces."""
    return " ".join(text.casefold().replace("\u2019", "'").split())


@cache
def _known() -> dict[str, list[Purpose]]:
    """Return the purposes of the file by their first two words."""
    by_start: dict[str, list[Purpose]] = {}
    for purpose in _listed():
        by_start.setdefault(" ".join(purpose.phrase.split()[:2]), []).append(purpose)
    return by_start


@cache
def _first_words() -> frozenset[str]:
    return frozenset(start.partition(" ")[0] for start in _known())


def _listed() -> tuple[Purpose, ...]:
    entries = load_data("purposes")["subcategories"]
    own = [
        Purpose(normalise(phrase), intent, name)
        for name, intents in entries.items()
        for intent, phrases in intents.items()
        for phrase in phrases
    ]
    unclear = load_data("purposes")["ambiguous"]
    return (*own, *(Purpose(normalise(phrase), "ambiguous", "") for phrase in unclear))


def _general(plain: str) -> list[Purpose]:
    return [
        Purpose(match[0], intent, match[1].replace(" ", "_"))
        for intent, before, pattern in _general_patterns()
        if before in plain
        for match in pattern.finditer(plain)
    ]


@cache
def _general_patterns() -> tuple[tuple[Reading, str, re.Pattern[str]], ...]:
    """Return how each general purpose begins, and the pattern that reads it."""
    return tuple(
        (intent, normalise(template).partition("{subject}")[0], _general_pattern(template))
        for intent, templates in load_data("purposes")["any"].items()
        for template in templates
    )


def _general_pattern(template: str) -> re.Pattern[str]:
    before, slot, after = normalise(template).partition("{subject}")
    subject = r"([a-z ]+?)" if slot else "()"
    return re.compile(re.escape(before) + subject + re.escape(after) + r"(?=\W|$)")
