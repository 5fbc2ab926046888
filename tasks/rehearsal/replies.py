"""Answers to a question for a value: how one is written, and how the value is read out of it."""

import re
from functools import lru_cache
from random import Random

from schemas.actions import Need
from schemas.base import JsonValue
from tasks.rehearsal.clauses import BARE_SHARE
from tasks.rehearsal.files import load_data
from tasks.rehearsal.general import label
from tasks.rehearsal.lexicon import Lexicon
from tasks.rehearsal.slots import QUOTED, bare_pattern, read_value, write_value
from tasks.rehearsal.typed_slots import read_typed, write_typed
from tasks.rehearsal.voices import Voice


def write_reply(
    lexicon: Lexicon, capability: str, need: str, value: JsonValue, voice: Voice, rng: Random
) -> str:
    """Return a sentence that gives a capability's need its value."""
    known = _need(lexicon, capability, need)
    write = write_typed if _is_typed(lexicon, capability) else write_value
    text = write(known.kind, value, voice.quotes, bare=rng.random() < BARE_SHARE)
    return str(rng.choice(_frames())).format(need=label(need), value=text)


def read_reply(text: str, lexicon: Lexicon, capability: str, need: str) -> JsonValue:
    """Return the value that an answer gives a need; None if it gives none."""
    known, typed = _need(lexicon, capability, need), _is_typed(lexicon, capability)
    for pattern in _patterns(known, typed=typed):
        found = pattern.fullmatch(text.strip())
        if found:
            return read_typed(found.groups()) if typed else read_value(known.kind, found.groups())
    return None


@lru_cache(maxsize=512)
def _patterns(need: Need, *, typed: bool) -> tuple[re.Pattern[str], ...]:
    bare = bare_pattern("" if typed else need.kind)
    value = rf"(?:{QUOTED}|{f'({bare})' if bare else '((?!))'})"
    framed = (frame.replace("{need}", label(need.name)).split("{value}") for frame in _frames())
    return tuple(re.compile(re.escape(a) + value + re.escape(b)) for a, b in framed)


def _frames() -> list[str]:
    frames: list[str] = load_data("replies")["replies"]
    return frames


def _need(lexicon: Lexicon, capability: str, need: str) -> Need:
    """Return a need by its name; one that is not known is a plain label."""
    needs = lexicon.catalogue.capabilities[capability].needs
    return next((each for each in needs if each.name == need), Need(name=need, kind="label"))


def _is_typed(lexicon: Lexicon, capability: str) -> bool:
    return lexicon.words(capability).wordings[0].typed
