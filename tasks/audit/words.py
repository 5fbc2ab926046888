"""A text as its words, whatever its case, punctuation and spacing."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from sys import intern

Run = tuple[str, ...]  # words in a row

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Return the words of a text in order, each character in its one plain form."""
    found = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return [intern(word) for word in found]  # texts of a dataset have the same words: one copy


def runs(of: Sequence[str], length: int) -> Iterator[Run]:
    """Yield the runs of `length` words, in order; none where there are fewer words."""
    return zip(*(of[start:] for start in range(length)), strict=False)
