"""Calls written as text, `[Name(key="value", ...), Other()]`: read, or told from other texts.

Names of tools may hold spaces, dots and brackets, so a call begins where a declared name stands,
the longest that fits. Keys may be words of Python or have hyphens (`from=`, `postal-unit=`), so
only values are read as Python, as literals alone: nothing is ever run.
"""

import ast
import math
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from schemas.base import JsonObject, JsonValue
from tasks.formats.importing.drafts import GivenCall
from tasks.formats.importing.plain_json import NotPlainError, check_plain

LONGEST = 100_000  # characters; Python's parser takes room for each
DEEPEST = 40  # brackets within brackets
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_WORDS: dict[str, JsonValue] = {
    "true": True, "false": False, "null": None, "none": None, "undefined": None,
}  # fmt: skip
# a string in quotes as a whole, or one mark that matters
_MARKS = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[()\[\]{},="\']', re.DOTALL)
_ANY_CALL = re.compile(r"\[\s*[^\[\]()'\"=]{1,120}\((?:\s*\)|\s*[^\s()='\"]{1,80}\s*=)")


class UnreadCallError(ValueError):
    """A text of calls that can't be read; the message says why."""


def names_a_call(text: str, names: Iterable[str]) -> bool:
    """Whether a text calls something: one of the tools anywhere, or anything at its beginning.

    A text in square brackets need not: `[1]` and `[a link](https://…)` do not.
    """
    if _ANY_CALL.match(text.strip()):
        return True
    declared = _alternatives(names)
    if declared is None:
        return False
    begins = re.compile(rf"\[\s*(?:{declared})\s*\(")
    inside = re.compile(rf"(?<!\w)(?:{declared})\((?:\s*\)|\s*[^\s()='\"]{{1,80}}\s*=)")
    return bool(begins.match(text.strip()) or inside.search(text))


def read_calls(text: str, names: Iterable[str]) -> tuple[GivenCall, ...]:
    """Return the calls that a text consists of, in their order. Raises: UnreadCallError."""
    text = text.strip()
    if len(text) > LONGEST:
        msg = f"it is longer than {LONGEST:,} characters"
        raise UnreadCallError(msg)
    if not text.startswith("[") or not text.endswith("]"):
        msg = "something stands around the calls, or they are cut off"
        raise UnreadCallError(msg)
    declared = _alternatives(names)
    if declared is None:
        msg = "no tools are declared"
        raise UnreadCallError(msg)
    return tuple(_calls(text, re.compile(rf"\s*({declared})\s*\(")))


def _alternatives(names: Iterable[str]) -> str | None:
    """Return a pattern of all names, the longest first; None where there are none."""
    known = sorted({name for name in names if name.strip()}, key=lambda name: (-len(name), name))
    return "|".join(map(re.escape, known)) or None


def _calls(text: str, start: re.Pattern[str]) -> Iterator[GivenCall]:
    at, last = 1, len(text) - 1
    while True:
        found = start.match(text, at)
        if found is None:
            msg = f"no declared tool stands at {text[at : at + 60]!r}"
            raise UnreadCallError(msg)
        splits = list(_splits(text, found.end() - 1))
        yield GivenCall(found[1], _arguments(text, splits))
        after = re.compile(r"\s*").match(text, splits[-1] + 1)
        at = after.end() if after else last
        if at == last:
            return
        if text[at] != ",":
            msg = f"after a call stands {text[at : at + 60]!r}"
            raise UnreadCallError(msg)
        at += 1


def _splits(text: str, opening: int) -> Iterator[int]:
    """Yield where an argument list opens, where its commas stand, and where it closes."""
    closers: list[str] = []
    for mark in _MARKS.finditer(text, opening):
        sign = mark[0]
        if sign in ('"', "'"):
            break  # a quote that no second one closes
        if len(closers) == 1 and sign == ",":
            yield mark.start()
        if sign in _PAIRS:
            closers.append(_opened(sign, closers))
            if len(closers) == 1:
                yield mark.start()
        elif sign in ")]}":
            _close(sign, closers)
            if not closers:
                yield mark.start()
                return
    msg = "a bracket or a quote is not closed"
    raise UnreadCallError(msg)


def _opened(sign: str, closers: Sequence[str]) -> str:
    """Return what closes a bracket."""
    if len(closers) == DEEPEST:
        msg = f"brackets are nested more than {DEEPEST} deep"
        raise UnreadCallError(msg)
    return _PAIRS[sign]


def _close(sign: str, closers: list[str]) -> None:
    if closers.pop() != sign:
        msg = f"{sign!r} closes a bracket of another kind"
        raise UnreadCallError(msg)


def _arguments(text: str, splits: Sequence[int]) -> JsonObject:
    parts = [text[first + 1 : then] for first, then in pairwise(splits)]
    if parts and not parts[-1].strip():
        parts.pop()  # no arguments at all, or a comma after the last
    found: JsonObject = {}
    for part in parts:
        key, sign, value = part.partition("=")
        key = key.strip()
        if not sign or not key or any(mark in key for mark in "()[]{}\"'"):
            msg = f"{part.strip()[:60]!r} names no parameter"
            raise UnreadCallError(msg)
        if key in found:
            msg = f"{key[:60]!r} is given twice"
            raise UnreadCallError(msg)
        found[key] = _value(key, value)
    return found


def _value(key: str, text: str) -> JsonValue:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in other people's texts
            parsed = ast.parse(text.strip(), mode="eval")
        value = _literal(parsed.body)
        check_plain(value)
    except (SyntaxError, MemoryError, RecursionError, ValueError, NotPlainError) as exc:
        said = str(exc) if isinstance(exc, UnreadCallError | NotPlainError) else "it is no literal"
        msg = f"the value of {key[:60]!r} can't be read: {said}"
        raise UnreadCallError(msg) from exc
    return value


def _literal(node: ast.expr) -> JsonValue:
    """Return the JSON value of a literal. Raises: UnreadCallError."""
    match node:
        case ast.Constant(value=str() | bool() | int() | None as value):
            return value
        case ast.Constant(value=float() as number) if math.isfinite(number):
            return number
        case ast.Name(id=word) if word.lower() in _WORDS:
            return _WORDS[word.lower()]
        case ast.UnaryOp(
            op=ast.USub() | ast.UAdd() as sign, operand=ast.Constant(value=number)
        ) if isinstance(number, int | float) and not isinstance(number, bool):
            return -number if isinstance(sign, ast.USub) else number
        case ast.List(elts=entries) | ast.Tuple(elts=entries):
            return [_literal(entry) for entry in entries]
        case ast.Dict(keys=keys, values=values):
            return _object(keys, values)
        case ast.Call():
            msg = "it is a call within a call"
        case _:
            msg = f"{ast.unparse(node)[:60]!r} is no literal"
    raise UnreadCallError(msg)


def _object(keys: Sequence[ast.expr | None], values: Sequence[ast.expr]) -> JsonObject:
    found: JsonObject = {}
    for key, value in zip(keys, values, strict=True):
        name = _literal(key) if key is not None else None
        if not isinstance(name, str) or name in found:
            msg = "an object has a key twice, or one that is no text"
            raise UnreadCallError(msg)
        found[name] = _literal(value)
    return found
