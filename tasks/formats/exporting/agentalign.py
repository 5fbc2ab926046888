"""The record format of the released set: one JSON list of conversations.

A record is `{id, category, sub_category, pattern, messages, tools}`. Messages start with the
user; what the format has no place for stands in keys of its own beside them: `system` (the
operator's system prompt, if the row has one), `split`, and on harmful rows `canary`. Every
assistant turn is trained: a row with one that is not is withheld. Thoughts have no place: `keep`
withholds rows that hold some.

Source: the dataset card and loaders of the set released with arXiv 2505.23020.
"""

from collections.abc import Sequence

from schemas.base import JsonObject
from schemas.messages import Message
from schemas.rows import Example
from tasks.formats.exporting.formats import Format, ListSink
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.soundness import has_untrained_turn
from tasks.formats.exporting.turns import split_system, write_call
from tasks.formats.exporting.withholding import Withheld

NAME = "agentalign"


def to_records(row: Example, _options: ExportOptions) -> Sequence[JsonObject] | Withheld:
    """Return a row's one record."""
    if has_untrained_turn(row):
        return Withheld("untrained_turn")
    system, turns = split_system(row.messages)
    record: JsonObject = {
        "id": f"{_prefix(row)}-{row.id.partition('-')[2]}",
        "category": _category(row),
        "sub_category": row.subcategory,
        "pattern": [*row.pattern],
        "messages": [_write_turn(turn) for turn in turns],
        "tools": [*row.tools],
        "split": row.split,
    }
    if system is not None:
        record["system"] = system
    if row.canary is not None:
        record["canary"] = row.canary
    return [record]


def _write_turn(turn: Message) -> JsonObject:
    said: JsonObject = {"role": turn.role, "content": turn.content}
    if turn.tool_calls:
        said["tool_calls"] = [write_call(call) for call in turn.tool_calls]
    if turn.tool_call_id is not None:
        said["tool_call_id"] = turn.tool_call_id
    if turn.name is not None:
        said["name"] = turn.name
    return said


def _category(row: Example) -> str:
    return row.category if row.label == "harmful" else "benign"


def _prefix(row: Example) -> str:
    """Return an id's start; in the released set `benign-` marks benign rows of its own making."""
    return _category(row) if row.source == "own" else row.source


def _name_file(format_name: str, version: str, _split: str) -> str:
    return f"{format_name}-{version}.json"


FORMAT = Format(NAME, to_records, open_sink=ListSink, name_file=_name_file)
