"""Phrases that a reader of texts looks for, in a notation that people can review.

`{name}` is any entry of a list, `a/b` one word or the other, `[word]` may be missing, `stem~` is
a word that begins so, `*` any one word, `...` up to eight; `^` and `$` are where a sentence begins
and ends, and `?` demands that it is a question.
"""

import re
from collections.abc import Iterable, Mapping

LEADS = "lead"  # the list of words that may stand before a sentence's beginning

Lists = Mapping[str, tuple[str, ...]]


def compile_phrases(phrases: Iterable[str], lists: Lists) -> re.Pattern[str]:
    """Return a pattern that finds any of the phrases in a sentence whose words end in a space.

    Raises:
        KeyError: a phrase names a list that there is not.
    """
    return re.compile(f"(?<!\\S){_any(phrases, lists)}")


def _any(phrases: Iterable[str], lists: Lists) -> str:
    return f"(?:{'|'.join(_phrase(phrase, lists) for phrase in phrases)})"


def _phrase(phrase: str, lists: Lists) -> str:
    start = ""
    if phrase.startswith("^"):
        phrase = phrase.removeprefix("^")
        start = rf"\A{_any(lists.get(LEADS, ()), lists)}*"
    return start + "".join(_token(token, lists) for token in phrase.split())


def _token(token: str, lists: Lists) -> str:
    if token.startswith("["):
        return f"(?:{_token(token[1:-1], lists)})?"
    if token.startswith("{") and token.endswith("}"):
        return _any(lists[token[1:-1]], lists)
    if token == "...":
        return r"(?:\S+ ){0,8}?"
    if token == "$":
        return r"\Z"
    if token == "?":
        return r"(?=(?:\S+ )*\? \Z)"
    return f"(?:{'|'.join(map(_word, token.split('/')))}) "


def _word(word: str) -> str:
    return re.escape(word).replace(r"\*", r"\S+" if word == "*" else r"\S*").replace(r"\~", r"\S*")
