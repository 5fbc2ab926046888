"""Steps become clauses of a request, and a request's clauses become steps again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from re import Match

from schemas.actions import Need
from schemas.base import JsonObject, JsonValue
from tasks.rehearsal.lexicon import Lexicon
from tasks.rehearsal.slots import GROUPS, read_value, write_value
from tasks.rehearsal.typed_slots import read_typed, write_typed
from tasks.rehearsal.voices import Voice
from tasks.rehearsal.wording import Wording, Words, missing_words

BARE_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Clause:
    """One step to be put into words.

    `uses` names the needs that earlier steps fill, each with what it is called there;
    `left_out` is a need whose value is not stated, as is one that nothing gives.
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


def compose(
    clause: Clause, lexicon: Lexicon, voice: Voice, rng: Random, template: str | None = None
) -> str:
    """Return the clause in words, drawn or of a given template. Raises: KeyError."""
    words = lexicon.words(clause.capability)
    wordings = {wording.template: wording for wording in words.wordings}
    wording = wordings[template or voice.choose(tuple(wordings), rng)]
    slots = [_fill(clause, words, wording, need, voice, rng) for need in wording.needs]
    said = {need.name for need in wording.needs}
    tails = (_tail(words, need, clause.uses[need], rng) for need in clause.uses if need not in said)
    return _interleave(wording.literals, slots) + "".join(tails)


def _fill(
    clause: Clause, words: Words, wording: Wording, need: Need, voice: Voice, rng: Random
) -> str:
    if need.name in clause.uses:
        return rng.choice(words.stand_ins[need.name])
    if need.name == clause.left_out or need.name not in clause.values:
        return rng.choice(missing_words())
    bare = rng.random() < BARE_SHARE
    write = write_typed if wording.typed else write_value
    return write(need.kind, clause.values[need.name], voice.quotes, bare=bare)


def _interleave(literals: Sequence[str], slots: Sequence[str]) -> str:
    return literals[0] + "".join(
        slot + literal for slot, literal in zip(slots, literals[1:], strict=True)
    )


def _tail(words: Words, need: str, called: str, rng: Random) -> str:
    tails = words.tails.get(need, ())
    return rng.choice(tails).format(fact=called) if tails else ""


def recover(text: str, capabilities: Iterable[str], lexicon: Lexicon) -> tuple[Recovered, ...]:
    """Return the steps a text asks for, in order, looking for these capabilities alone."""
    wanted = frozenset(capabilities)
    return choose(found for found in readings(text, lexicon) if found.capability in wanted)


def choose(found: Iterable[Recovered]) -> tuple[Recovered, ...]:
    """Return readings in order. Of those that overlap the first counts, then the longest."""
    kept: list[Recovered] = []
    for reading in sorted(found, key=lambda r: (r.span[0], -r.span[1])):
        if not kept or reading.span[0] >= kept[-1].span[1]:
            kept.append(reading)
    return tuple(kept)


def readings(text: str, lexicon: Lexicon) -> list[Recovered]:
    """Return all that a text could ask for, by the catalogue's order of capabilities."""
    return [
        Recovered(capability, _values(wording, match), match.span())
        for capability, wording in lexicon.likely(text)
        if wording.literal in text
        for match in _matches(wording, text)
    ]


def _matches(wording: Wording, text: str) -> Iterator[Match[str]]:
    """Yield where a wording stands in a text, as its pattern's `finditer` would.

    Looking for its beginning first takes a tenth of the time.
    """
    begins = wording.literals[0][1:]
    at = text.find(begins, 1)
    while at != -1:
        match = wording.pattern.match(text, at - 1)
        if match:
            yield match
        at = text.find(begins, max(at, match.end() if match else 0) + 1)


def _values(wording: Wording, match: Match[str]) -> JsonObject:
    groups = match.groups()
    values: JsonObject = {}
    for index, need in enumerate(wording.needs):
        captured = groups[index * GROUPS : (index + 1) * GROUPS]
        value = read_typed(captured) if wording.typed else read_value(need.kind, captured)
        if value is not None:
            values[need.name] = value
    return values
