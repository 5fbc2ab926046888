"""Conversations in OpenAI's messages, as many files and trainers have them.

Beside OpenAI's own form this reads what others made of it: arguments as objects and `tools` as a
JSON text (trl), results without ids and `metadata.masked` (functionary), `loss_weight`, content in
parts, the legacy `function_call` with `functions`, and `reasoning_content`.
"""

from collections.abc import Sequence

from schemas.base import JsonObject
from tasks.formats.importing.drafts import Draft, GivenCall, Turn, UnsoundRowError
from tasks.formats.importing.plain_json import NotPlainError, read_object
from tasks.formats.importing.thoughts import split_thoughts
from tasks.formats.importing.tools import listed_tools

NAME = "openai"
_ROLES = {"developer": "system", "function": "tool"}
_REASONING = ("reasoning_content", "reasoning", "thinking")
_WEIGHTS = ("weight", "loss_weight")


def read_draft(record: JsonObject) -> Draft:
    """Return a record as a draft. Raises: UnsoundRowError for one without messages."""
    messages = record.get("messages")
    if not isinstance(messages, list):
        raise UnsoundRowError("not_a_row", "it has no list `messages`")
    draft = Draft(id=read_id(record))
    try:
        draft.tools = listed_tools(record.get("tools") or record.get("functions"))
    except UnsoundRowError as exc:
        draft.find(*exc.flaw)
    for number, message in enumerate(messages, start=1):
        try:
            draft.turns.append(_turn(message, draft, number))
        except UnsoundRowError as exc:
            draft.find(*exc.flaw)
    return draft


def read_id(record: JsonObject) -> str | None:
    """Return a record's own id: a text or a whole number. Raises: UnsoundRowError."""
    given = record.get("id")
    if given is None or given == "":
        return None
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise UnsoundRowError("not_a_row", "its `id` is neither text nor a whole number")
    return str(given)


def _turn(message: object, draft: Draft, number: int) -> Turn:
    if not isinstance(message, dict):
        raise UnsoundRowError("unread_turn", f"turn {number} is no object")
    role = message.get("role")
    if not isinstance(role, str):
        raise UnsoundRowError("unknown_role", f"turn {number}: {str(role)[:40]}")
    thoughts, content = _said(message, role, number)
    return Turn(
        role=_ROLES.get(role, role),
        content=content,
        calls=tuple(_calls(message, draft, number)),
        call_id=_word(message, "tool_call_id", number),
        name=_word(message, "name", number) if role in ("tool", "function") else None,
        reasoning=thoughts,
        train=_trains(message, number),
    )


def _text(content: object, what: str) -> str | None:
    """Return a content's text, that of its parts put together."""
    if content is None or isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise UnsoundRowError("unread_turn", f"{what} is no text")
    parts = [
        part.get("text", part.get("content")) if isinstance(part, dict) else part
        for part in content
    ]
    if not all(isinstance(part, str) for part in parts):
        raise UnsoundRowError("unread_turn", f"{what} has a part that is no text")
    return "\n".join(map(str, parts))


def _word(message: JsonObject, key: str, number: int) -> str | None:
    given = message.get(key)
    if given is not None and not isinstance(given, str):
        raise UnsoundRowError("unread_turn", f"turn {number}: {key} is no text")
    return given or None


def _said(message: JsonObject, role: str, number: int) -> tuple[str | None, str | None]:
    """Return thoughts and text of a turn: thoughts in a key of their own, or before the text."""
    content = _text(message.get("content"), f"turn {number}: its content")
    for key in _REASONING:
        if (found := _word(message, key, number)) is not None:
            return found, content
    return split_thoughts(content) if content and role == "assistant" else (None, content)


def _trains(message: JsonObject, number: int) -> bool:
    """Return whether a turn carries loss; it does unless something says that it does not."""
    metadata = message.get("metadata")
    masked = metadata.get("masked") if isinstance(metadata, dict) else None
    given = [message[key] for key in _WEIGHTS if message.get(key) is not None]
    if masked not in (None, True, False) or any(weight not in (0, 1) for weight in given):
        raise UnsoundRowError("unread_turn", f"turn {number}: its weight is neither 0 nor 1")
    return masked is not True and all(given)


def _calls(message: JsonObject, draft: Draft, number: int) -> Sequence[GivenCall]:
    """Return a turn's calls; each that can't be read is noted."""
    given = message.get("tool_calls") or []
    legacy = message.get("function_call")
    if not isinstance(given, list):
        draft.miss_call(f"turn {number}: its calls are no list")
        return ()
    entries = [*given, *([{"function": legacy}] if legacy else [])]
    found = []
    for entry in entries:
        try:
            found.append(read_call(entry))
        except NotPlainError as exc:
            draft.miss_call(f"turn {number}: {exc}")
    return found


def read_call(entry: object) -> GivenCall:
    """Return a call of OpenAI's form, or one without its envelope. Raises: NotPlainError."""
    function = entry.get("function", entry) if isinstance(entry, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(entry, dict) or not isinstance(function, dict) or not isinstance(name, str):
        msg = "a call has no function with a name"
        raise NotPlainError(msg)
    given = function.get("arguments")
    arguments = read_object("{}" if given in (None, "") else given, f"the arguments of {name[:80]}")
    call_id = entry.get("id")
    return GivenCall(name, arguments, call_id if isinstance(call_id, str) and call_id else None)
