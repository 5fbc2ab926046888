"""Ends a message about an unknown name with the known ones."""

from collections.abc import Sequence
from difflib import get_close_matches


def suggest(name: str, known: Sequence[str]) -> str:
    """Return `; did you mean …? known: …` to end a message about an unknown name."""
    close = get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ";"
    return f"{hint} known: {', '.join(known)}"
