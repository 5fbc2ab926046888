"""What is said about a capability: wordings to ask for it, and the patterns that read them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.actions import Capability, Need
from tasks.rehearsal.files import load_data
from tasks.rehearsal.slots import CHUNK, QUOTED, bare_pattern

_SLOT = re.compile(r"\{(\w+)\}")

Phrases = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to ask for a step: literals and needs in turn, and the pattern that reads it."""

    template: str
    needs: tuple[Need, ...]  # of the slots, in order
    literals: tuple[str, ...]  # around the slots, one more than there are needs
    literal: str  # must be in a text for the pattern to have a chance
    pattern: re.Pattern[str]
    typed: bool = False  # whether a value's type shows in how it is written


def telling_word(wording: Wording) -> str:
    """Return the longest word that stands between spaces wherever a wording is used, if any."""
    words = [word for literal in wording.literals for word in literal.split(" ")[1:-1]]
    return max(words, key=len, default="")


@dataclass(frozen=True, slots=True)
class Words:
    """All that is said about one capability.

    `does` is what an agent is told to do, `done` what it then has done, with slots for values;
    `found` is what the yield `tells` is called. `stand_ins` say how a need is put that an
    earlier step fills, `tails` what is added where that need is optional.
    """

    wordings: tuple[Wording, ...]
    does: str
    done: str
    found: str
    tells: str = "fact"
    stand_ins: Phrases = field(default_factory=dict)
    tails: Phrases = field(default_factory=dict)


def is_described(capability: str) -> bool:
    """Return whether the file of clauses has words for a capability."""
    return capability in load_data("clauses")["capabilities"]


def described_words(capability: Capability) -> Words:
    """Return the words of the file for a capability. Raises: KeyError for one that has none."""
    clauses = load_data("clauses")
    entry = clauses["capabilities"][capability.id]
    stand_ins = {need.name: tuple(clauses["used"].get(need.name, ())) for need in capability.needs}
    tails = {need.name: tuple(clauses["tails"].get(need.name, ())) for need in capability.needs}
    needs = {need.name: need for need in capability.needs}
    return Words(
        wordings=tuple(_described(template, needs, stand_ins) for template in entry["say"]),
        does=capability.description,
        done=entry["done"],
        found=entry.get("found", "the result"),
        stand_ins=stand_ins,
        tails=tails,
    )


def missing_words() -> tuple[str, ...]:
    """Return what stands where a value was left out."""
    return tuple(load_data("clauses")["missing"])


def split_template(template: str) -> tuple[str, ...]:
    """Return the literals of a template, around its slots."""
    return tuple(_SLOT.split(template)[::2])


def _described(template: str, needs: Mapping[str, Need], stand_ins: Phrases) -> Wording:
    named = tuple(needs[name] for name in _SLOT.findall(template))
    return compile_wording(split_template(template), named, stand_ins)


def compile_wording(
    literals: tuple[str, ...], needs: tuple[Need, ...], stand_ins: Phrases, *, typed: bool = False
) -> Wording:
    """Return the wording of literals and needs in turn. The first literal begins with a word."""
    slots = [f"{{{need.name}}}" for need in needs] + [""]
    template = "".join(part for pair in zip(literals, slots, strict=True) for part in pair)
    reads = [_slot(need, stand_ins, typed=typed) for need in needs] + [""]
    first, body = literals[0][0], re.escape(literals[0][1:])
    rest = (re.escape(literal) for literal in (*literals[1:], ""))
    parts = "".join(slot + literal for slot, literal in zip(reads, rest, strict=True))
    return Wording(
        template=template,
        needs=needs,
        literals=literals,
        literal=max((literals[0][1:], *literals[1:]), key=len),
        pattern=re.compile(rf"\b[{first}{first.upper()}]{body}{parts}"),
        typed=typed,
    )


def _slot(need: Need, stand_ins: Phrases, *, typed: bool) -> str:
    """Return a slot's alternatives: a quoted value, a stand-in, a gap, a bare value."""
    phrases = (*(stand_ins[need.name] if need.origin != "request" else ()), *missing_words())
    gaps = "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))
    bare = CHUNK if typed else bare_pattern(need.kind)
    value = rf"(?<!\w)({bare})" if bare and need.origin != "step" else r"((?!))"
    return f"(?:{QUOTED}|{gaps}|{value})"
