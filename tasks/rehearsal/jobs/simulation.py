"""Stands in for a tool that has no code: says what would come of a call."""

from collections.abc import Sequence
from random import Random
from typing import Any

import orjson
from pydantic import Field

from schemas.base import JsonObject, JsonValue
from schemas.own_tools.kinds import split_words
from tasks.rehearsal.defects import Faults
from tasks.rehearsal.exchange import Asked, Facts, Said, say_json
from tasks.rehearsal.files import load_data
from tasks.rehearsal.inventions import Invention
from tasks.rehearsal.paths import hold
from tasks.rehearsal.things import EarlierCall, Known, Thing, is_about, named_id, recall


class NamedTool(Facts):
    """The tool that is called."""

    name: str


class CallFacts(Facts):
    """A call, and what was called before it in the same task."""

    tool: NamedTool
    reads: bool = False
    must_hold: tuple[str, ...] = ()
    earlier: tuple[EarlierCall, ...] = ()
    arguments: JsonObject = Field(default_factory=dict)


def simulate(asked: Asked, faults: Faults) -> Said:
    """Return what comes of a call as JSON: the same for the same question, until things change."""
    facts = asked.facts(CallFacts)
    known = recall(facts.earlier)
    ident = named_id(facts.arguments)
    if ident is not None and ident in known.gone:
        error: JsonObject = {"code": "not_found", "message": f"there is no {ident} any more"}
        return _say({"error": error}, ok=False)
    seed = faults.rank("simulate", facts.tool.name, facts.arguments, facts.reads or len(known.made))
    invention = Invention(Random(seed))
    answer = _read if facts.reads else _change
    return _say(answer(facts, known, invention), ok=True)


def _say(result: JsonValue, *, ok: bool) -> Said:
    return say_json({"ok": ok, "result": orjson.dumps(result).decode()})


def _change(facts: CallFacts, known: Known, invention: Invention) -> JsonValue:
    """Return what was made or changed: its id, how it stands, and what the call said of it."""
    words = split_words(facts.tool.name)
    ident = named_id(facts.arguments) or invention.ident(words[-1] if words else "item")
    status = "removed" if set(words) & set(load_data("simulation")["removing"]) else "done"
    result: JsonObject = {"id": ident, "status": status, **facts.arguments}
    return hold(result, facts.must_hold, lambda name: _value(name, result, invention))


def _read(facts: CallFacts, known: Known, invention: Invention) -> JsonValue:
    """Return what a reading tool finds: things made before that it asks for, else invented ones."""
    words = split_words(facts.tool.name)
    ident = named_id(facts.arguments)
    found = [thing for thing in known.made.values() if is_about(thing, words, facts.arguments)]
    if ident is not None and not found:
        found = [known.seen.get(ident) or _invent(words, facts.arguments, ident, invention)]
    result = _list(words, facts, found, invention) if _lists(words) else _one(words, found)
    if not result:
        result = {_name(words): invention.value(_name(words))}
    first = _subject(facts, found, result)
    return hold({**result}, facts.must_hold, lambda name: _value(name, first, invention))


def _lists(words: Sequence[str]) -> bool:
    return words[-1:] != [] and (
        words[-1].endswith("s") or bool(set(words) & set(load_data("simulation")["listing"]))
    )


def _list(
    words: Sequence[str], facts: CallFacts, found: Sequence[Thing], invention: Invention
) -> JsonObject:
    things = found or [_invent(words, facts.arguments, None, invention)]
    entries: list[JsonValue] = [{"id": thing.ident, **thing.fields} for thing in things]
    return {**facts.arguments, _name(words): entries, "count": len(entries)}


def _one(words: Sequence[str], found: Sequence[Thing]) -> JsonObject:
    return {"id": found[0].ident, **found[0].fields} if found else {}


def _invent(
    words: Sequence[str], arguments: JsonObject, ident: str | None, invention: Invention
) -> Thing:
    """Return a thing that was there before: it has what it was asked for by."""
    fields: JsonObject = {"title": invention.value("title"), **arguments}
    drawn = ident or invention.ident(_name(words).removesuffix("s"))
    return Thing(ident=drawn, words=frozenset(words), fields=fields)


def _name(words: Sequence[str]) -> str:
    """Return what a reading tool's result is called: the words of its name after the verb."""
    before = [n for n, word in enumerate(words) if word in ("by", "for", "from", "with", "in")]
    named = words[1 : before[0]] if before and before[0] > 1 else words[1:]
    return "_".join(named) or "result"


def _subject(facts: CallFacts, found: Sequence[Thing], result: JsonObject) -> JsonObject:
    entries = result.get(_name(split_words(facts.tool.name)))
    first: Any = entries[0] if isinstance(entries, list) and entries else result
    return {**facts.arguments, **_one((), found), **first}


def _value(name: str, subject: JsonObject, invention: Invention) -> JsonValue:
    """Return what the last word of a path names: the subject's own value, else a new one."""
    if name in subject:
        return subject[name]
    if split_words(name)[-1:] == ["id"] and "id" in subject:
        return subject["id"]
    return invention.value(name)
