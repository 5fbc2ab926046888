"""ToolACE: tools as JSON within the system prompt, calls as text, results as a JSON list.

The prompt's instructions for the call syntax are left out, as calls are no texts any more; what
day it is stays, as calls depend on it. Rows whose tools stand in another form (tables in HTML,
LaTeX or Markdown) have a call syntax of their own each, and are rejected.

Source: huggingface.co/datasets/Team-ACE/ToolACE.
"""

import json
import re
from collections.abc import Iterable

from schemas.base import JsonObject
from tasks.formats.importing.call_strings import UnreadCallError, names_a_call, read_calls
from tasks.formats.importing.drafts import Draft, Turn, UnsoundRowError
from tasks.formats.importing.openai_messages import read_id
from tasks.formats.importing.plain_json import DECODER, NotPlainError, check_plain, read_json
from tasks.formats.importing.tools import declared_names, listed_tools

NAME = "toolace"
_LIST = re.compile(r"list of functions in JSON format that you can invoke:\s*(?=\[)")
_KEPT = re.compile(r"The current time is [\d :-]+|Today is [\d-]+, \w+|Note that the provided .*")

_OTHER_FORMS = (
    ("<table", "a table in HTML"), ("\\begin{tabular}", "a table in LaTeX"),
    ("<tool_name>", "XML"), ("**tool_name**", "a list in Markdown"),
    ('"tool_name"', "JSON objects with other keys"), ("tool_name:", "indented text"),
    ("| tool_name", "a table in Markdown"),
)  # fmt: skip


def read_draft(record: JsonObject) -> Draft:
    """Return a record as a draft. Raises: UnsoundRowError for one without conversations."""
    system, turns = record.get("system"), record.get("conversations")
    if not isinstance(system, str) or not isinstance(turns, list):
        raise UnsoundRowError("not_a_row", "it has no text `system` and list `conversations`")
    draft = Draft(id=read_id(record))
    _read_system(system, draft)
    names = declared_names(draft.tools)
    for number, turn in enumerate(turns, start=1):
        said = turn if isinstance(turn, dict) else {}
        role, text = said.get("from"), said.get("value")
        if not isinstance(role, str) or not isinstance(text, str):
            draft.find("unread_turn", f"turn {number} has no texts `from` and `value`")
        elif role == "assistant":
            draft.turns.append(_assistant(text, names, draft, number))
        elif role == "tool":
            draft.turns += _results(text, draft)
        else:
            draft.turns.append(Turn(role, text))
    return draft


def _read_system(system: str, draft: Draft) -> None:
    """Take tools, and what stays of the prompt, into the draft."""
    found = _LIST.search(system)
    if found is None:
        draft.find("unread_tool_list", _other_form(system))
        return
    try:
        tools, end = DECODER.raw_decode(system, found.end())
        check_plain(tools)
        draft.tools = listed_tools(tools)
    except UnsoundRowError as exc:
        draft.find(*exc.flaw)
        return
    except (ValueError, RecursionError) as exc:
        draft.find("unread_tool_list", f"its list of functions is not JSON: {exc}")
        return
    kept = [f"{said.strip().rstrip('.')}." for said in _KEPT.findall(system[: found.start()])]
    kept += [f"{said.strip().rstrip('.')}." for said in _KEPT.findall(system[end:])]
    if kept:
        draft.turns.append(Turn("system", " ".join(kept)))
    draft.changed.append("the instructions how to write calls as text were left out")


def _other_form(system: str) -> str:
    """Return how the tools of a row are listed that has no list of functions in JSON."""
    for mark, form in _OTHER_FORMS:
        if mark in system:
            return f"its tools are {form}, with a call syntax of its own"
    return "it lists no tools"


def _assistant(text: str, names: Iterable[str], draft: Draft, number: int) -> Turn:
    if not names_a_call(text, names):
        return Turn("assistant", text)
    try:
        return Turn("assistant", calls=read_calls(text, names))
    except UnreadCallError as exc:
        draft.miss_call(f"turn {number}: {exc}")
        return Turn("assistant", text)


def _results(text: str, draft: Draft) -> list[Turn]:
    """Return a turn for each result: of the calls before it, in their order."""
    waiting = len(draft.turns[-1].calls) if draft.turns else 0
    try:
        results = read_json(text)
    except NotPlainError:
        results = None
    named = isinstance(results, list) and all(
        isinstance(each, dict) and isinstance(each.get("name"), str) and "results" in each
        for each in results
    )
    if named and len(results) == waiting:
        return [
            Turn("tool", json.dumps(each["results"], ensure_ascii=False), name=each["name"])
            for each in results
        ]
    return [Turn("tool", text)]
