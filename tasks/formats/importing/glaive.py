"""Glaive function calling, raw: a conversation as one text, schemas as text in the system prompt.

The schemas stand one after another without commas. A call is `<functioncall> {"name": …,
"arguments": '…'}`: its arguments are a JSON text in single quotes, so the whole is no JSON, and
what is quoted may hold apostrophes. A turn ends in `<|endoftext|>`.

Source: huggingface.co/datasets/glaiveai/glaive-function-calling-v2.
"""

import re
from collections.abc import Iterator

from schemas.base import JsonObject
from tasks.formats.importing.drafts import Draft, GivenCall, Turn, UnsoundRowError
from tasks.formats.importing.openai_messages import read_call, read_id
from tasks.formats.importing.plain_json import NotPlainError, read_json, read_object, read_values
from tasks.formats.importing.tools import listed_tools

NAME = "glaive"
_ROLES = {"USER": "user", "ASSISTANT": "assistant", "FUNCTION RESPONSE": "tool"}
_END = "<|endoftext|>"
_CALL = "<functioncall>"
_SPEAKER = re.compile(r"(USER|ASSISTANT|FUNCTION RESPONSE):(?=\s|$)")
_QUOTED = re.compile(r"""\{\s*"name"\s*:\s*"([^"]+)"\s*,\s*"arguments"\s*:\s*'""")
_INTRODUCTION = "Use them if required"
_GAP = 12  # characters before a speaker that tell whether a paragraph begins


def read_draft(record: JsonObject) -> Draft:
    """Return a record as a draft. Raises: UnsoundRowError for one without a chat."""
    system, chat = record.get("system"), record.get("chat")
    if not isinstance(system, str) or not isinstance(chat, str):
        raise UnsoundRowError("not_a_row", "it has no texts `system` and `chat`")
    draft = Draft(id=read_id(record))
    _read_system(system, draft)
    for number, (speaker, said) in enumerate(_speeches(chat), start=1):
        text = said.strip().removesuffix(_END).rstrip()
        if _END in text:
            draft.find("unread_turn", f"turn {number}: it goes on after its end mark")
        if speaker == "ASSISTANT" and _CALL in text:
            draft.turns.append(_calling(text, draft, number))
            continue
        if _CALL in text:
            draft.miss_call(f"turn {number}: {speaker.lower()} is no one who calls")
        draft.turns.append(Turn(_ROLES.get(speaker, speaker), text))
    return draft


def _read_system(system: str, draft: Draft) -> None:
    """Take tools, or a prompt that lists none, into the draft."""
    text = system.strip().removeprefix("SYSTEM:").strip()
    prompt, brace, schemas = text.partition("{")
    try:
        draft.tools = listed_tools(list(read_values(brace + schemas)))
    except UnsoundRowError as exc:
        draft.find(*exc.flaw)
    except NotPlainError as exc:
        draft.find("unread_tool_list", f"its schemas are not JSON: {exc}")
    if _INTRODUCTION not in prompt:
        draft.turns += [Turn("system", prompt.strip())] if prompt.strip() else []
    elif draft.tools:
        draft.changed.append("the sentence that introduces the tools was left out")
    elif not draft.flaws:
        draft.find("unread_tool_list", "the system prompt announces functions and lists none")


def _speeches(chat: str) -> Iterator[tuple[str, str]]:
    """Yield speaker and text of each turn; what comes before the first has no speaker.

    A speaker's name begins a paragraph. In copies that have lost their line breaks it follows
    any space.
    """
    found = list(_SPEAKER.finditer(chat))
    marks = [mark for mark in found if _begins(chat, mark.start())]
    if not any(mark.start() > 0 and "\n" in _gap(chat, mark.start()) for mark in marks):
        marks = [mark for mark in found if _gap(chat, mark.start())[-1:] in ("", " ", ">")]
    ends = [mark.start() for mark in marks[1:]] + [len(chat)]
    if before := chat[: marks[0].start() if marks else len(chat)].strip():
        yield "nobody", before
    for mark, end in zip(marks, ends, strict=False):
        yield mark[1], chat[mark.end() : end]


def _gap(chat: str, start: int) -> str:
    return chat[max(0, start - _GAP) : start]


def _begins(chat: str, start: int) -> bool:
    """Whether a paragraph begins here."""
    gap = _gap(chat, start)
    blank = gap[len(gap.rstrip()) :]
    return (
        start == 0
        or blank.count("\n") > 1
        or not gap.strip()
        or gap.rstrip().endswith(_END[-_GAP:])
    )


def _calling(text: str, draft: Draft, number: int) -> Turn:
    """Return a turn that calls: a text, if it has one, and its calls."""
    said, *bodies = text.split(_CALL)
    calls = []
    for body in bodies:
        try:
            calls.append(_read_call(body.replace(_END, "").strip()))
        except NotPlainError as exc:
            draft.miss_call(f"turn {number}: {exc}")
    return Turn("assistant", said.strip() or None, tuple(calls))


def _read_call(body: str) -> GivenCall:
    start = _QUOTED.match(body)
    if start is None:
        return read_call(read_json(body))
    quoted = body.removesuffix("}").rstrip().removesuffix(",").rstrip()
    if not body.endswith("}") or not quoted.endswith("'") or len(quoted) <= start.end():
        msg = f"the arguments of {start[1][:80]} are cut off"
        raise NotPlainError(msg)
    what = f"the arguments of {start[1][:80]}"
    given = quoted[start.end() : -1]
    try:
        return GivenCall(start[1], read_object(given, what))
    except NotPlainError:
        return GivenCall(start[1], read_object(given.replace("\\'", "'"), what))
