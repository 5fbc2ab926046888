"""MeetKai functionary's training format.

A record is `{messages, tools}` in OpenAI's words: arguments are JSON text, a turn may have text and
calls, `metadata.masked` keeps an assistant turn from loss, and a result names its function.
Results are matched by order, so they stand in the order of their calls. Thoughts have no place:
`keep` withholds rows that hold some.

Source: MeetKai/functionary e240e8c5, `functionary/train`. It is in no package: no consumer of this
format is run by the tests.
"""

from collections.abc import Sequence

from schemas.base import JsonObject, JsonValue
from schemas.messages import Message
from schemas.rows import Example
from tasks.formats.exporting.calls import is_answered, match_results, order_results
from tasks.formats.exporting.formats import Format
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.turns import write_call, write_origin
from tasks.formats.exporting.withholding import Withheld

NAME = "functionary"


def to_records(row: Example, _options: ExportOptions) -> Sequence[JsonObject] | Withheld:
    """Return a row's one record."""
    turns = order_results(row.messages)
    results = match_results(turns)
    if not is_answered(turns, results):
        return Withheld("unanswered_call")
    said: list[JsonValue] = []
    for place, turn in enumerate(turns):
        asked = results.get(place)
        said.append(_write_turn(turn, turns[asked[0]].tool_calls[asked[1]].name if asked else None))
    return [{**write_origin(row), "messages": said, "tools": [*row.tools]}]


def _write_turn(turn: Message, answers: str | None) -> JsonObject:
    """Return a turn; `answers` is the function whose result it is, if any."""
    said: JsonObject = {"role": turn.role, "content": turn.content}
    if turn.tool_calls:
        said["tool_calls"] = [write_call(call) for call in turn.tool_calls]
    if answers is not None:
        said["name"] = answers
        said["tool_call_id"] = turn.tool_call_id
    if turn.role == "assistant" and not turn.train:
        said["metadata"] = {"masked": True}
    return said


FORMAT = Format(NAME, to_records)
