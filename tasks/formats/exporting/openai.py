"""OpenAI's fine-tuning format: JSONL of chats with tools.

Arguments are JSON text. Every assistant turn has its `weight`, 1 if it is trained and 0 if not;
no other turn has one. `parallel_tool_calls` stands beside the tools and says whether the row has a
turn of several calls. Thoughts have no place: `keep` withholds rows that hold some. `id` and
`canary` stand beside the three keys that the API knows.

Source: OpenAI's API reference, "Supervised fine-tuning" and `FineTuneChatRequestInput`.
"""

from collections.abc import Sequence

from schemas.base import JsonObject
from schemas.messages import Message
from schemas.rows import Example
from tasks.formats.exporting.formats import Format
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.turns import write_call, write_origin
from tasks.formats.exporting.withholding import Withheld

NAME = "openai"


def to_records(row: Example, _options: ExportOptions) -> Sequence[JsonObject] | Withheld:
    """Return a row's one record."""
    if row.messages[-1].role != "assistant":
        return Withheld("turns_out_of_order")
    record: JsonObject = {
        **write_origin(row),
        "messages": [_write_turn(turn) for turn in row.messages],
    }
    if row.tools:
        record["tools"] = [*row.tools]
        record["parallel_tool_calls"] = any(len(turn.tool_calls) > 1 for turn in row.messages)
    return [record]


def _write_turn(turn: Message) -> JsonObject:
    said: JsonObject = {"role": turn.role}
    if turn.content is not None or not turn.tool_calls:
        said["content"] = turn.content or ""
    if turn.tool_calls:
        said["tool_calls"] = [write_call(call) for call in turn.tool_calls]
    if turn.role == "assistant":
        said["weight"] = int(turn.train)
    if turn.role == "tool" and turn.tool_call_id is not None:
        said["tool_call_id"] = turn.tool_call_id
    return said


FORMAT = Format(NAME, to_records)
