"""Whether a value stands in a text, as people write it."""

import re

from schemas.base import JsonValue


def says(text: str, value: JsonValue) -> bool:
    """Whether the value stands in the text on its own: 4 is not said by 40 nor by 4.5."""
    found = re.search(rf"(?<![\w.]){_pattern(value)}(?!\w|\.\d)", _plain(text))
    return found is not None


def _pattern(value: JsonValue) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return re.escape(_plain(str(value)))
    whole, _, decimals = f"{value:.10f}".rstrip("0").partition(".")
    return rf"{whole}\.{decimals}0*" if decimals else rf"{whole}(?:\.0+)?"


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace(",", "").split())
