"""mistral-finetune's format: a record for each trained assistant turn.

With tools, mistral-finetune has loss on a record's last turn only. So a row is as many records as
it has trained assistant turns: the conversation up to each of them. In a record the last turn has
`weight` 1 and the assistant turns before it 0, which says the same where there are no tools.

A call's id is nine letters and digits, made by hash, and its result's follows it. Every call but
those of a last turn has one result. A last turn has one call, no more, as the validator wants it:
a row with a trained turn of several is withheld. An assistant turn is text or calls: of one that
has both the row is withheld, or its text dropped and the turn counted (`beside_calls`). Thoughts
have no place: `keep` withholds rows that hold some.

Of a harmful row no record may show harm without its refusal. A `plain` one is a request and its
refusal. In a `turned` one the harmful request is the last, and records that end before it hold
none. In a `revealed` one the request shows no harm, as a filter of its own made sure, until a
result does: the turn before the first result is a record of its own, as it is a turn with loss in
every other format; a row with another call between that result and the refusal is withheld, as
that turn may already have seen the harm.

Source: mistral-finetune, `finetune/data/tokenize.py`; mistral-common 1.5.1, `validator.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from schemas.base import JsonObject, JsonValue
from schemas.messages import Message
from schemas.rows import Example
from tasks.formats.exporting.calls import Call, is_answered, match_results, shorten_ids
from tasks.formats.exporting.formats import Format
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.turns import write_call, write_origin
from tasks.formats.exporting.withholding import Withheld

NAME = "mistral"
_FOLLOWS = {
    "": {"system", "user"},
    "system": {"user"},
    "user": {"assistant", "user"},
    "assistant": {"assistant", "user", "tool"},
    "tool": {"assistant", "tool"},
}


def to_records(row: Example, options: ExportOptions) -> Sequence[JsonObject] | Withheld:
    """Return a record for each trained assistant turn, in order."""
    turns = row.messages
    if any(turn.train and len(turn.tool_calls) > 1 for turn in turns):
        return Withheld("parallel_calls")
    if any(map(_has_both, turns)) and options.beside_calls == "withhold":
        return Withheld("text_beside_calls")
    if not _is_in_order(turns):
        return Withheld("turns_out_of_order")
    results = match_results(turns)
    if not is_answered(turns, results):
        return Withheld("unanswered_call")
    if row.label == "harmful" and _may_show_harm(row):
        return Withheld("harm_may_show_earlier")
    return list(_write_records(row, _Ids(shorten_ids(turns), results)))


@dataclass(frozen=True, slots=True)
class _Ids:
    calls: Mapping[Call, str]
    results: Mapping[int, Call]  # the call that a turn answers


def _write_records(row: Example, ids: _Ids) -> Iterator[JsonObject]:
    turns = [_write_turn(place, turn, ids) for place, turn in enumerate(row.messages)]
    tools: list[JsonValue] = [_write_tool(tool) for tool in row.tools]
    for last, turn in enumerate(row.messages):
        if turn.role != "assistant" or not turn.train:
            continue
        before = [_weigh(said, 0) for said in turns[:last]]
        record: JsonObject = {
            **write_origin(row),
            "id": f"{row.id}/{last}",
            "messages": [*before, _weigh(turns[last], 1)],
        }
        yield record | ({"tools": tools} if tools else {})


def _weigh(turn: JsonObject, weight: int) -> JsonObject:
    return {**turn, "weight": weight} if turn["role"] == "assistant" else turn


def _write_turn(place: int, turn: Message, ids: _Ids) -> JsonObject:
    said: JsonObject = {"role": turn.role}
    if turn.tool_calls:
        said["tool_calls"] = [
            write_call(call, ids.calls[place, number])
            for number, call in enumerate(turn.tool_calls)
        ]
        return said
    said["content"] = turn.content or ""
    if turn.role == "tool":
        call = ids.results[place]
        said["tool_call_id"] = ids.calls[call]
        if turn.name is not None:
            said["name"] = turn.name
    return said


def _write_tool(tool: JsonObject) -> JsonObject:
    """Return a tool with the description and parameters that mistral-finetune asks for."""
    given = tool["function"]
    assert isinstance(given, dict)  # as of every tool
    nothing: JsonObject = {"type": "object", "properties": {}}
    function = {"description": "", "parameters": nothing, **given}
    return {"type": "function", "function": function}


def _is_in_order(turns: Sequence[Message]) -> bool:
    roles = ["", *(turn.role for turn in turns)]
    return all(role in _FOLLOWS[before] for before, role in pairwise(roles))


def _may_show_harm(row: Example) -> bool:
    """Return whether a record that ends before the refusal could hold harm."""
    roles = [turn.role for turn in row.messages]
    if row.situation == "turned":
        asked = len(roles) - 1 - roles[::-1].index("user")
        return "assistant" in roles[asked:-1]
    if row.situation == "revealed":
        seen = roles.index("tool") if "tool" in roles else 0
        return "assistant" in roles[seen:-1]
    return roles.count("assistant") > 1


def _has_both(turn: Message) -> bool:
    return bool(turn.tool_calls and turn.content)


def _left_out(row: Example, options: ExportOptions) -> Mapping[str, int]:
    dropped = sum(_has_both(turn) for turn in row.messages)
    return {"text_beside_calls": dropped} if dropped else {}


FORMAT = Format(NAME, to_records, left_out=_left_out)
