"""Small numbers in an answer: what was not said must at least be what can be counted."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import orjson

from schemas.base import JsonValue
from schemas.messages import Message
from tasks.judging.saying import says

_LIST_MARK = re.compile(r"^[ \t]*(?:[-*#]+[ \t]+)?\d{1,2}[.)][ \t]", re.MULTILINE)
# the writer's own order of things, and what is given as about so much, is no figure
_OWN = re.compile(
    r"\b(?:steps?|options?|parts?|points?|items?|about|around|roughly|nearly|almost)"
    r" \d(?!\w|[.,:]\d)",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"(?<![\w.,:/#-])\d(?![\w/-]|[.,:]\d)")
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def miscounts(turns: Sequence[Message], told: Sequence[str]) -> tuple[str, ...]:
    """Return the single figures of the last turn that were never said and count nothing.

    What can be counted: calls, all or of one tool; entries of a list that was observed, all or
    those alike in a value. Numbers in words are not looked at.
    """
    final = _OWN.sub(" ", _LIST_MARK.sub(" ", turns[-1].content or "")) if turns else ""
    figures = list(dict.fromkeys(_FIGURE.findall(final)))
    if not figures:
        return ()
    calls = [call for turn in turns for call in turn.tool_calls]
    seen = [turn.content or "" for turn in turns[:-1]]
    made = [orjson.dumps(call.arguments).decode() for call in calls]
    known = "\n".join((*told, *seen, *made))
    counted = {len(calls), *Counter(call.name for call in calls).values(), *_counts(seen)}
    return tuple(f for f in figures if int(f) not in counted and not _is_said(known, int(f)))


def _is_said(known: str, figure: int) -> bool:
    return says(known, figure) or says(known, _WORDS[figure])


def _counts(seen: Sequence[str]) -> Iterator[int]:
    for text in seen:
        if text[:1] in ("{", "["):
            try:
                yield from _lengths(orjson.loads(text))
            except orjson.JSONDecodeError:
                continue


def _lengths(value: JsonValue) -> Iterator[int]:
    """Yield how many entries each list in a value has, and how many are alike in something."""
    if isinstance(value, list):
        yield len(value)
        fields = [entry for entry in value if isinstance(entry, dict)]
        alike = Counter(orjson.dumps(pair) for entry in fields for pair in entry.items())
        yield from alike.values()
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _lengths(each)
