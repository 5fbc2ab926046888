"""What a turn says, and how it is read back out of the text that a trainer puts loss on.

Turns are compared whole: text, reasoning, and each call with its arguments as an object. Loss on
anything else, a call without loss or arguments encoded twice make them differ.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from schemas.messages import Message
from schemas.rows import Example


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the model is taught to say in one turn; `calls` are (name, arguments)."""

    text: str = ""
    calls: tuple[tuple[str, Any], ...] = ()
    reasoning: str = ""


def expected(row: Example, *, reasoning: bool = True) -> list[Spoken]:
    """Return what has to carry loss in a row: its trained assistant turns, in order."""
    return [
        spoken(message, reasoning=reasoning)
        for message in row.messages
        if message.role == "assistant" and message.train
    ]


def spoken(message: Message, *, reasoning: bool = True) -> Spoken:
    """Return what an assistant turn says, with or without what it thought."""
    calls = tuple((call.name, dict(call.arguments)) for call in message.tool_calls)
    thought = message.reasoning or "" if reasoning else ""
    return Spoken((message.content or "").strip(), calls, thought.strip())


_QWEN_CALL = re.compile(r"\n?<tool_call>\n(.*?)\n</tool_call>", re.DOTALL)
_THOUGHT = re.compile(r"<think>\n?(.*?)\n?</think>\s*", re.DOTALL)


def read_qwen(text: str) -> Spoken:
    """Read a turn of Qwen 2.5 or 3."""
    text = _ended(text, "<|im_end|>")
    calls = [orjson.loads(found) for found in _QWEN_CALL.findall(text)]
    reasoning = "".join(_THOUGHT.findall(text))
    said = _THOUGHT.sub("", _QWEN_CALL.sub("", text))
    return Spoken(said.strip(), _pairs(calls, "arguments"), reasoning.strip())


def read_llama3(text: str) -> Spoken:
    """Read a turn of Llama 3.1: a call, or a list of calls, behind what is said beside it."""
    text = _ended(text, "<|eot_id|>")
    reasoning = "".join(_THOUGHT.findall(text)).strip()
    text = _THOUGHT.sub("", text)
    found = re.search(r'\[?\{"name": .*\Z', text, re.DOTALL)
    if not found:
        return Spoken(text.strip(), (), reasoning)
    calls = orjson.loads(found[0])
    calls = calls if isinstance(calls, list) else [calls]
    return Spoken(text[: found.start()].strip(), _pairs(calls, "parameters"), reasoning)


def read_mistral(text: str) -> Spoken:
    """Read a turn of Mistral's instruct tokenizers: text or calls."""
    text = _ended(text, "</s>")
    said, mark, calls = text.partition("[TOOL_CALLS]")
    return Spoken(said.strip(), _pairs(orjson.loads(calls), "arguments") if mark else ())


Reader = Callable[[str], Spoken]


def _pairs(calls: list[dict[str, Any]], key: str) -> tuple[tuple[str, Any], ...]:
    return tuple((call["name"], call[key]) for call in calls)


def _ended(text: str, end: str) -> str:
    """Return a turn without its end mark, which has to carry loss: it teaches to stop."""
    said, mark, after = text.rpartition(end)
    if not mark or after.strip() or end in said:
        raise AssertionError(f"a turn has to end with one {end}, once: {text!r}")
    return said
