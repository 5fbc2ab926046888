"""What a model thought before it spoke, where a text holds both."""

import re

_THOUGHTS = re.compile(r"\s*<think>\n?(.*?)\n?</think>(?:\n\n|\s*)", re.DOTALL)


def split_thoughts(text: str) -> tuple[str | None, str]:
    """Return the thoughts that a text begins with, None for none, and the rest of it."""
    found = _THOUGHTS.match(text)
    if found is None:
        return None, text
    return (found[1] if found[1].strip() else None), text[found.end() :]
