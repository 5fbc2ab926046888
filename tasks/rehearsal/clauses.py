"""Steps become clauses of a request, and a request's clauses become steps again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from re import Match

from schemas.base import JsonObject, JsonValue
from tasks.rehearsal.slots import GROUPS, read_value, write_value
from tasks.rehearsal.voices import Voice
from tasks.rehearsal.wording import (
    Wording,
    missing_words,
    stand_ins,
    tails_of,
    words_of,
)

BARE_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Clause:
    """One step to be put into words.

    `uses` names the needs that earlier steps fill, each with what it is called there;
    `left_out` is a need whose value is not stated.
    """

    capability: str
    values: Mapping[str, JsonValue]
    uses: Mapping[str, str]
    left_out: str | None = None


@dataclass(frozen=True, slots=True)
class Recovered:
    """A step as it was read out of a request; stated needs without a value are absent."""

    capability: str
    values: JsonObject
    span: tuple[int, int]


def compose(clause: Clause, voice: Voice, rng: Random, template: str | None = None) -> str:
    """Return the clause in words, drawn or of a given template. Raises: KeyError."""
    wordings = {wording.template: wording for wording in words_of(clause.capability).wordings}
    wording = wordings[template or voice.choose(tuple(wordings), rng)]
    slots = {need.name: _fill(clause, wording, index, voice, rng)
             for index, need in enumerate(wording.needs)}  # fmt: skip
    tails = (_tail(need, clause.uses[need], rng) for need in clause.uses if need not in slots)
    return wording.template.format_map(slots) + "".join(tails)


def _fill(clause: Clause, wording: Wording, index: int, voice: Voice, rng: Random) -> str:
    need = wording.needs[index]
    if need.name == clause.left_out:
        return rng.choice(missing_words())
    if need.name in clause.uses:
        return rng.choice(stand_ins(need.name))
    bare = rng.random() < BARE_SHARE
    return write_value(need.kind, clause.values[need.name], voice.quotes, bare=bare)


def _tail(need: str, called: str, rng: Random) -> str:
    tails = tails_of(need)
    return rng.choice(tails).format(fact=called) if tails else ""


def recover(text: str, capabilities: tuple[str, ...]) -> tuple[Recovered, ...]:
    """Return the steps a text asks for, in order, looking for these capabilities alone.

    Where readings overlap, the one that starts first counts, then the longest.
    """
    found = sorted(_readings(text, capabilities), key=lambda r: (r.span[0], -r.span[1]))
    kept: list[Recovered] = []
    for reading in found:
        if not kept or reading.span[0] >= kept[-1].span[1]:
            kept.append(reading)
    return tuple(kept)


def _readings(text: str, capabilities: Iterable[str]) -> Iterable[Recovered]:
    for capability in capabilities:
        for wording in words_of(capability).wordings:
            if wording.literal in text:
                for match in wording.pattern.finditer(text):
                    yield Recovered(capability, _values(wording, match), match.span())


def _values(wording: Wording, match: Match[str]) -> JsonObject:
    groups = match.groups()
    values: JsonObject = {}
    for index, need in enumerate(wording.needs):
        value = read_value(need.kind, groups[index * GROUPS : (index + 1) * GROUPS])
        if value is not None:
            values[need.name] = value
    return values
