"""What a text says itself, sentence by sentence: quotations are somebody else's."""

import re
import unicodedata

CODE, QUOTE = "xcodex", "xquotex"  # words that stand for what was taken out

_STRAIGHT = str.maketrans(
    dict.fromkeys("\u2018\u2019\u02bc", "'") | dict.fromkeys("\u201c\u201d\u201e\xab\xbb", '"')
)
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_DOUBLE = re.compile(r'"[^"]*"')
# an apostrophe within a word does not end a quotation
_SINGLE = re.compile(r"(?<!\w)'(?=\S)(?:[^']|(?<=\w)'(?=\w))*'(?!\w)")
_BULLET = re.compile(r"(?:^|(?<=\s))(?:[-*\u2022\u2013\u2014]+|#+|\(?\d{1,2}[.)])(?=\s)")
_END = re.compile(r"([.!?;:])[.!?;:*_\"')]*(?=\s|$)|\u2014|\n\s*\n")
_APART = re.compile(r"[^\w'@%.-]+|(?<!\w)[.'-]+|[.'-]+(?!\w)|_")


def plain_sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a text in small letters, a space after every word.

    Markup, commas and what is quoted are left out; `?` and `:` at an end are words. A text that
    is nothing but a quotation is read as if it were none.
    """
    even = unicodedata.normalize("NFKC", text).casefold().translate(_STRAIGHT)
    sentences = _split(_without_quotations(even))
    if any(not set(sentence.split()) <= {QUOTE, "?", ":"} for sentence in sentences):
        return sentences
    return _split(even.replace('"', " ").replace(">", " "))


def _without_quotations(text: str) -> str:
    text = _FENCE.sub(f" . {CODE} . ", text).replace("`", "")
    for quotation in (_QUOTED_LINE, _DOUBLE, _SINGLE):
        text = quotation.sub(_stand_in, text)
    return text


def _stand_in(quotation: re.Match[str]) -> str:
    whole = quotation[0].rstrip("\"' ").endswith((".", "!", "?"))
    return f" {QUOTE}. " if whole else f" {QUOTE} "


def _split(text: str) -> tuple[str, ...]:
    pieces = _END.split(_BULLET.sub(" . ", text))
    ended = zip(pieces[::2], [*pieces[1::2], None], strict=True)
    return tuple(s for piece, end in ended if (s := _words(piece, end)))


def _words(piece: str, end: str | None) -> str:
    words = _APART.sub(" ", piece).split()
    if words and end in ("?", ":"):
        words.append(end)
    return " ".join((*words, "")) if words else ""
