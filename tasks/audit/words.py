"""A text as its words, whatever its case, punctuation and spacing."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Return the words of a text in order, each character in its one plain form."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def runs(of: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    """Yield the runs of `length` words, in order; none where there are fewer words."""
    return zip(*(of[start:] for start in range(length)), strict=False)
