"""Glaive's ShareGPT derivative, and what is exported for LLaMA-Factory.

A turn that calls is one JSON text: a call, or a list of calls made at once, whose results stand
together in one observation: as LLaMA-Factory joins them, or as a JSON list. With words before it,
a call is between `<tool_call>` marks.

Source: the demonstration data and converters of llamafactory 0.9.5.
"""

import json
from collections.abc import Sequence

from schemas.base import JsonObject
from tasks.formats.importing.drafts import Draft, GivenCall, Turn, UnsoundRowError
from tasks.formats.importing.openai_messages import read_call, read_id
from tasks.formats.importing.plain_json import NotPlainError, read_json
from tasks.formats.importing.thoughts import split_thoughts
from tasks.formats.importing.tools import listed_tools

NAME = "glaive-sharegpt"
_ROLES = {"human": "user", "gpt": "assistant"}
_BETWEEN_RESULTS = "\n</tool_response>\n<tool_response>\n"
_OPENS, _CLOSES = "<tool_call>", "</tool_call>"


def read_draft(record: JsonObject) -> Draft:
    """Return a record as a draft. Raises: UnsoundRowError for one without conversations."""
    turns = record.get("conversations")
    if not isinstance(turns, list):
        raise UnsoundRowError("not_a_row", "it has no list `conversations`")
    draft = Draft(id=read_id(record))
    try:
        draft.tools = listed_tools(record.get("tools"))
    except UnsoundRowError as exc:
        draft.find(*exc.flaw)
    _read_system(record.get("system"), draft)
    for number, turn in enumerate(turns, start=1):
        said = turn if isinstance(turn, dict) else {}
        role, text = said.get("from"), said.get("value")
        if isinstance(role, str) and isinstance(text, str):
            draft.turns += _turns(role, text, draft, number)
        else:
            draft.find("unread_turn", f"turn {number} has no texts `from` and `value`")
    return draft


def _read_system(system: object, draft: Draft) -> None:
    if isinstance(system, str):
        draft.turns += [Turn("system", system)] if system.strip() else []
    elif system is not None:
        draft.find("unread_turn", "its system prompt is no text")


def _turns(role: str, text: str, draft: Draft, number: int) -> list[Turn]:
    if role == "function_call" or (role == "gpt" and _OPENS in text):
        return [_calling(text, draft, number)]
    if role == "observation":
        return _results(text, draft)
    if role == "gpt":
        thoughts, said = split_thoughts(text)
        return [Turn("assistant", said, reasoning=thoughts)]
    return [Turn(_ROLES.get(role, role), text)]


def _calling(text: str, draft: Draft, number: int) -> Turn:
    thoughts, said = split_thoughts(text)
    words, bodies = _split_calls(said)
    calls: list[GivenCall] = []
    for body in bodies:
        try:
            value = read_json(body)
            calls += map(read_call, value if isinstance(value, list) else [value])
        except NotPlainError as exc:
            draft.miss_call(f"turn {number}: {exc}")
    return Turn("assistant", words.removesuffix("\n") or None, tuple(calls), reasoning=thoughts)


def _split_calls(text: str) -> tuple[str, Sequence[str]]:
    """Return the words and the calls of a text: between marks, or the text as a whole."""
    words, *parts = text.split(_OPENS)
    if not parts:
        return "", (text,)
    marked = [part.partition(_CLOSES) for part in parts]
    # what nothing closes was cut off, and is given with its mark, which makes it no JSON
    bodies = [body if closed else _OPENS + body for body, closed, _ in marked]
    return "".join((words, *(after for _, _, after in marked))), bodies


def _results(text: str, draft: Draft) -> list[Turn]:
    """Return a turn for each result: of the calls before it, in their order."""
    waiting = len(draft.turns[-1].calls) if draft.turns else 0
    for parts in (text.split(_BETWEEN_RESULTS), _listed(text)):
        if waiting > 1 and len(parts) == waiting:
            return [Turn("tool", part) for part in parts]
    return [Turn("tool", text)]


def _listed(text: str) -> Sequence[str]:
    """Return the entries of a JSON list as texts; none of anything else."""
    try:
        entries = read_json(text)
    except NotPlainError:
        return ()
    if not isinstance(entries, list):
        return ()
    return [
        entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False)
        for entry in entries
    ]
