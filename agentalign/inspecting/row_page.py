"""All that the page of one row shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from agentalign.inspecting.desk import Desk
from agentalign.inspecting.entries import Asked, Entries, Neighbours
from agentalign.inspecting.subjects import subjects_of
from agentalign.lookup import Trace, mask_found
from agentalign.pages.conversation import conversation_of, executions_of
from agentalign.pages.picture import Picture, draw_picture
from agentalign.reviewing.frame import Subject
from schemas.rows import (
    OTHER_LABELS,
    Dropped,
    Example,
    Execution,
    Policy,
    Response,
    Review,
    Row,
    Verdict,
)
from tasks.formats.versions import Record
from tasks.report.talks import Turn, notes_of, tools_of, turns_of

# fields of a row's page that have a place of their own, or are links in the picture already
_ELSEWHERE = frozenset({"id", "messages", "tools", "execution", "votes", "calls", "text", "later"})


@dataclass(frozen=True, slots=True)
class Judgeable:
    """A request or an answer that may be judged, what was said of it, and what else it may be."""

    subject: Subject
    review: Review | None
    others: tuple[str, ...]
    hidden: bool  # nobody can judge what is masked


@dataclass(frozen=True, slots=True)
class RowPage:
    """A row as it may be shown, with all that it rests on."""

    row: Row
    word: str
    list: str  # it is a line of: `rows`, `dropped`, or none
    masked: bool
    revealed: bool
    turns: tuple[Turn, ...]
    notes: tuple[str, ...]
    tools: tuple[str, ...]
    fields: Mapping[str, str]
    policy: Policy | None
    verdicts: Sequence[Verdict]
    answer: Response | None
    executions: Sequence[Execution]
    calls: Sequence[Record]
    picture: Picture
    judgeable: tuple[Judgeable, ...]
    at: int  # of these, the one that keys are about
    neighbours: Neighbours
    examples: Sequence[str]


def make_row_page(
    trace: Trace, entries: Entries, desk: Desk, asked: Asked, *, check: str, reveal: bool
) -> RowPage:
    """Return the page of a row; `check` names what keys judge, if it can be judged."""
    row = trace.found.row
    shown = row if reveal else mask_found(trace.found.version, [row])[0]
    whole, seen = conversation_of(row), conversation_of(shown)
    judgeable = tuple(_judgeable(each, desk, reveal=reveal) for each in subjects_of(trace))
    picture = draw_picture(trace)
    return RowPage(
        row=shown,
        word=picture.nodes[0].word,
        list={Example: "rows", Dropped: "dropped"}.get(type(row), ""),
        masked=shown != row or any(each.subject.masked for each in judgeable),
        revealed=reveal,
        turns=turns_of(whole, seen),
        notes=tuple(notes_of(row)) if isinstance(row, Example) else (),
        tools=tools_of(row) if isinstance(row, Example) else (),
        fields=_fields(shown),
        policy=trace.parent(Policy),
        verdicts=[*trace.verdicts, *([row] if isinstance(row, Verdict) else ())],
        answer=trace.parent(Response),
        executions=executions_of(row, trace),
        calls=trace.calls,
        picture=picture,
        judgeable=judgeable,
        at=next((n for n, each in enumerate(judgeable) if each.subject.check == check), 0),
        neighbours=entries.neighbours(asked, row.id),
        examples=trace.examples,
    )


def _judgeable(subject: Subject, desk: Desk, *, reveal: bool) -> Judgeable:
    others = [each for each in OTHER_LABELS[subject.check] if each != subject.row.intent]
    return Judgeable(subject, desk.of(subject), tuple(others), subject.masked and not reveal)


def _fields(row: Row) -> dict[str, str]:
    """Return what else a row says, as text; nested values as indented JSON."""
    values = row.model_dump(mode="json", exclude=set(_ELSEWHERE))
    return {name: _text(value) for name, value in values.items() if value not in (None, "", [], {})}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
