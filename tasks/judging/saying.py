"""Whether a value stands in a text, as people write it."""

import re

from schemas.base import JsonValue


def says(text: str, value: JsonValue) -> bool:
    """Whether the value stands in the text on its own: 4 is not said by 40 nor by 4.5."""
    return says_plain(plain(text), value)


def says_plain(text: str, value: JsonValue) -> bool:
    """Whether the value stands in a text that is plain already."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _stands_alone(plain(str(value)), text)
    return re.search(f"{_BEGINS.pattern}{_number(value)}{_ENDS.pattern}", text) is not None


_BEGINS, _ENDS = re.compile(r"(?<![\w.])"), re.compile(r"(?!\w|\.\d)")


def _stands_alone(words: str, text: str) -> bool:
    """Whether words stand in a text on their own; a pattern of each would take longer to make."""
    start = text.find(words)
    while start >= 0:
        if _BEGINS.match(text, start) and _ENDS.match(text, start + len(words)):
            return True
        start = text.find(words, start + 1)
    return False


def _number(value: float) -> str:
    whole, _, decimals = f"{value:.10f}".rstrip("0").partition(".")
    return rf"{whole}\.{decimals}0*" if decimals else rf"{whole}(?:\.0+)?"


def plain(text: str) -> str:
    """Return a text in small letters, with single spaces and without commas."""
    return " ".join(text.casefold().replace(",", "").split())
