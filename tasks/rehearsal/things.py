"""What the earlier calls of a task made, changed and removed, as far as they tell."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import Field

from schemas.base import JsonObject, JsonValue
from schemas.own_tools.fitting import READING
from schemas.own_tools.kinds import split_words
from tasks.rehearsal.exchange import Facts
from tasks.rehearsal.files import load_data


class EarlierCall(Facts):
    """A call of the same task, with what came of it."""

    tool: str
    arguments: JsonObject = Field(default_factory=dict)
    ok: bool = True
    result: JsonValue = None


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that is there: what it is called, and what is known of it."""

    ident: str
    words: frozenset[str]
    fields: JsonObject


@dataclass(frozen=True, slots=True)
class Known:
    """The things that earlier calls made or changed, and read, by id; the ids of those removed."""

    made: dict[str, Thing] = field(default_factory=dict)
    seen: dict[str, Thing] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


def recall(earlier: Iterable[EarlierCall]) -> Known:
    """Return what the calls that went well have left."""
    known = Known()
    for call in earlier:
        words = split_words(call.tool)
        if call.ok and words[:1] and words[0] in READING:
            known.seen.update((each.ident, each) for each in _listed(call.result))
        elif call.ok:
            _note(known, call, frozenset(words))
    return known


def _note(known: Known, call: EarlierCall, words: frozenset[str]) -> None:
    ident = named_id(call.arguments) or _id_of(call.result)
    if ident is None:
        return
    if words & set(load_data("simulation")["removing"]):
        known.made.pop(ident, None)
        known.gone.add(ident)
        return
    before = known.made.get(ident)
    fields = {**(before.fields if before else {}), **call.arguments}
    known.made[ident] = Thing(ident, words | (before.words if before else frozenset()), fields)


def _listed(result: JsonValue) -> Iterator[Thing]:
    """Yield whatever has an id in a result."""
    inner: Iterable[JsonValue] = result if isinstance(result, list) else ()
    if isinstance(result, dict):
        inner = result.values()
        ident = named_id(result)
        if ident is not None:
            yield Thing(ident, frozenset(), result)
    for each in inner:
        yield from _listed(each)


def _id_of(result: JsonValue) -> str | None:
    """Return the first id that a result holds."""
    inner = result.values() if isinstance(result, dict) else ()
    own = named_id(result) if isinstance(result, dict) else None
    return own or next((found for each in inner if (found := _id_of(each))), None)


def named_id(fields: Mapping[str, JsonValue]) -> str | None:
    """Return the first id among the fields."""
    return next((str(value) for name, value in fields.items() if _is_id(name, value)), None)


def _is_id(name: str, value: JsonValue) -> bool:
    plain = isinstance(value, str | int) and not isinstance(value, bool)
    return plain and split_words(name)[-1:] in (["id"], ["uuid"])


def is_about(thing: Thing, words: Sequence[str], arguments: JsonObject) -> bool:
    """Return whether a reading tool of this name, with these arguments, finds a thing."""
    ident = named_id(arguments)
    if ident is not None:
        return thing.ident == ident
    filler = {*load_data("simulation")["filler"], *READING}
    alike = {_one(word) for word in thing.words} & {_one(w) for w in words if w not in filler}
    return bool(alike) and all(_fits(thing, value) for value in arguments.values())


def _one(word: str) -> str:
    return word.removesuffix("s")


def _fits(thing: Thing, value: JsonValue) -> bool:
    """Return whether a thing has to do with what is asked; numbers and switches ask for nothing."""
    if not isinstance(value, str):
        return True
    said = " ".join(str(each) for each in (thing.ident, *thing.fields.values())).casefold()
    return any(word in said for word in value.casefold().split())
