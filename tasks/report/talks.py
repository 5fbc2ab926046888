"""Sample conversations: whole, one of every kind, masked unless they are revealed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from schemas.ids import rank
from schemas.masked_rows import masked_row
from schemas.messages import Message
from schemas.rows import Example
from schemas.third_party import OWN
from tasks.formats.versions import Version
from tasks.report.facts import Fact
from tasks.report.words import Word, load_words, word_for

LONG = 700  # characters of an observation that is folded


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it is read: the tool, and its arguments as indented JSON."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn: who speaks, the text, the calls; whether it is masked, folded or trained on."""

    role: str
    name: str  # of the tool that answers
    text: str
    calls: tuple[Call, ...]
    masked: bool
    is_data: bool
    folded: bool
    trained: bool


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation and what is special about it."""

    label: str
    word: Word
    row: Example
    notes: tuple[str, ...]
    tools: tuple[str, ...]
    turns: tuple[Turn, ...]


def talks_of(version: Version, facts: Sequence[Fact], *, reveal: bool) -> tuple[Talk, ...]:
    """Return one conversation of every kind a version has, always the same ones.

    Raises:
        WorkspaceError: the table of rows is damaged.
    """
    drawn = _draw(facts)
    rows = {row.id: row for row in version.rows(Example, "id", drawn)}
    return tuple(_talk(rows[row_id], word, reveal=reveal) for row_id, word in drawn.items())


def _draw(facts: Iterable[Fact]) -> dict[str, Word]:
    """Return a row for each class and kind, and for faults and calls at once, in reading order."""
    by_rank = sorted(facts, key=lambda fact: rank(0, fact.id))
    drawn: dict[str, Word] = {}
    for label, parts in load_words().parts.items():
        own = [fact for fact in by_rank if fact.label == label]
        others = sorted({fact.part for fact in own} - parts.keys())
        for part in (*parts, *others):
            _first(drawn, [f for f in own if f.part == part], word_for(parts, part))
    recovered = Word(name="a tool failed once", says="the agent tries again and gets it done")
    at_once = Word(name="calls made at once", says="steps that don't need each other are one turn")
    _first(drawn, [fact for fact in by_rank if fact.recovered], recovered)
    _first(drawn, [fact for fact in by_rank if fact.parallel], at_once)
    return drawn


def _first(drawn: dict[str, Word], facts: Sequence[Fact], word: Word) -> None:
    found = next((fact.id for fact in facts if fact.id not in drawn), None)
    if found:
        drawn[found] = word


def _talk(row: Example, word: Word, *, reveal: bool) -> Talk:
    shown = row if reveal else masked_row(row)
    return Talk(
        label=row.row_class,
        word=word,
        row=row,
        notes=tuple(notes_of(row)),
        tools=tools_of(row),
        turns=turns_of(row.messages, shown.messages),
    )


def tools_of(row: Example) -> tuple[str, ...]:
    """Return the names of the tools that are offered in a row."""
    functions: list[Any] = [tool["function"] for tool in row.tools]
    return tuple(function["name"] for function in functions)


def turns_of(whole: Sequence[Message], shown: Sequence[Message]) -> tuple[Turn, ...]:
    """Return turns as they are shown; those are masked that are not shown as they are."""
    pairs = zip(whole, shown, strict=True)
    return tuple(_turn(said, masked=said != each) for each, said in pairs)


def notes_of(row: Example) -> Iterable[str]:
    """Return what is special about a row, a few words each."""
    yield f"{row.category} / {row.subcategory}".replace("_", " ")
    yield f"split {row.split}"
    if row.style != "none":
        yield f"{row.style} refusal"
    if row.responder:
        yield f"answered by {row.responder}"
    if row.source != OWN:
        yield f"from {row.source} ({row.licence or 'no licence stated'}), {row.source_id}"
    elif row.grounding != "none":
        yield f"tools {row.grounding}"
    if row.tools_of:
        yield f"tools of {row.tools_of}"
    if row.recovered:
        yield "recovers from a fault"
    if row.parallel:
        yield "several calls at once"


def _turn(said: Message, *, masked: bool) -> Turn:
    text, is_data = _readable(said.content or "") if said.role == "tool" else (said.content, False)
    return Turn(
        role=said.role,
        name=said.name or "",
        text=text or "",
        calls=tuple(Call(call.name, _indented(call.arguments)) for call in said.tool_calls),
        masked=masked,
        is_data=is_data and not masked,
        folded=said.role == "tool" and len(text or "") > LONG,
        trained=said.train,
    )


def _readable(content: str) -> tuple[str, bool]:
    """Return an observation, indented where it is JSON, and whether it is."""
    try:
        return _indented(orjson.loads(content)), True
    except orjson.JSONDecodeError:
        return content, False


def _indented(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def caught_by(
    records: Iterable[Mapping[str, Any]], words: Mapping[str, Word]
) -> dict[str, tuple[str, ...]]:
    """Return for each reason spoilt copies that were dropped for it, two at most."""
    found: dict[str, list[str]] = {}
    for record in records:
        told = f"{word_for(words, record['kind']).name}: a copy of {record['subject']}"
        found.setdefault(record["reason"], []).append(told)
    return {reason: tuple(told[:2]) for reason, told in found.items()}
