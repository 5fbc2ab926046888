"""The wordings of every capability, and of the things that flow between steps."""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cache

from schemas.actions import Need
from schemas.catalogue import load_catalogue
from tasks.rehearsal.files import load_data
from tasks.rehearsal.slots import QUOTED, bare_pattern

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to ask for a step: literals and needs in turn, and the pattern that reads it."""

    template: str
    needs: tuple[Need, ...]  # of the slots, in order
    literal: str  # must be in a text for the pattern to have a chance
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Words:
    """All that is said about one capability."""

    wordings: tuple[Wording, ...]
    done: str
    found: str


@cache
def words_of(capability: str) -> Words:
    """Return the words for a capability. Raises: KeyError for one that has none."""
    entry = load_data("clauses")["capabilities"][capability]
    needs = {need.name: need for need in load_catalogue().capabilities[capability].needs}
    wordings = tuple(_compile(template, needs) for template in entry["say"])
    return Words(wordings=wordings, done=entry["done"], found=entry.get("found", "the result"))


@cache
def stand_ins(need: str) -> tuple[str, ...]:
    """Return how a need is put that an earlier step fills."""
    return tuple(load_data("clauses")["used"].get(need, ()))


@cache
def missing_words() -> tuple[str, ...]:
    """Return what stands where a value was left out."""
    return tuple(load_data("clauses")["missing"])


@cache
def tails_of(need: str) -> tuple[str, ...]:
    """Return what is added to a clause when a step fills an optional need."""
    return tuple(load_data("clauses")["tails"].get(need, ()))


def expressible(capability: str, given: Set[str]) -> bool:
    """Return whether there are words for a capability, and its slots can be filled."""
    if capability not in load_data("clauses")["capabilities"]:
        return False
    return all(
        need.name in given for wording in words_of(capability).wordings for need in wording.needs
    )


def _compile(template: str, needs: Mapping[str, Need]) -> Wording:
    literals, names = _SLOT.split(template)[::2], _SLOT.findall(template)
    slots = [_slot(needs[name]) for name in names] + [""]
    head, *rest = (re.escape(literal) for literal in literals)
    first, body = template[0], head[1:]
    parts = "".join(slot + literal for slot, literal in zip(slots, rest, strict=False))
    return Wording(
        template=template,
        needs=tuple(needs[name] for name in names),
        literal=max((literals[0][1:], *literals[1:]), key=len),
        pattern=re.compile(rf"\b[{first}{first.upper()}]{body}{parts}"),
    )


def _slot(need: Need) -> str:
    """Return a slot's alternatives: a quoted value, a stand-in, a gap, a bare value."""
    phrases = (*(stand_ins(need.name) if need.origin != "request" else ()), *missing_words())
    gaps = "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))
    bare = bare_pattern(need.kind)
    value = rf"(?<!\w)({bare})" if bare and need.origin != "step" else r"((?!))"
    return f"(?:{QUOTED}|{gaps}|{value})"
