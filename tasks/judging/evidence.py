"""Texts in which things are looked up: does a number, a date, a name or a wording stand there."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

import orjson

from schemas.base import JsonValue
from tasks.judging.dates import MONTHS, Date, Time, find_moments, numeric_dates
from tasks.judging.numbers import UNIT_BEHIND, spell_number

_EVEN = str.maketrans(
    dict.fromkeys("\u2018\u2019\u02bc", "'")
    | dict.fromkeys("\u201c\u201d\u201e\xab\xbb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\xa0\u202f\u2009", " ")
)
_TWO_SPACES = re.compile("  ")  # four times as fast as `in`
_SPACES = re.compile(" {2,}")
_ESCAPE = re.compile(r"\\(.)")
_JOINS = "-.@+"  # between two letters or digits they make one name of both
_ROW_OF_NUMBERS = re.compile(r"\[-?\d[-\d.,eE+]*\]")
_ZEROS = {True: re.compile(r"(?:(?:\.0+|,00?)(?!\d))?"), False: re.compile("0*")}
_SCHEME = re.compile(r"^(?:https?://)?(?:www\.)?")
_LONG_NUMBER = re.compile(r"\+?[\d ()./-]{7,}")
_ENDINGS = re.compile(r"(?:ing|ed|es|ly|s)$")
_SHORTEST_STEM = 4
NEAR = 40  # characters from a word to another of the same wording
_YEARS = range(1900, 2101)
_STOPWORDS = frozenset({
    "the", "and", "for", "with", "that", "this", "these", "those", "from", "into", "onto", "over",
    "under", "about", "after", "before", "than", "then", "are", "was", "were", "will", "would",
    "shall", "should", "can", "could", "may", "might", "must", "have", "has", "had", "not", "but",
    "you", "your", "our", "their", "his", "her", "its", "they", "them", "she", "him", "who",
    "whom", "whose", "which", "what", "when", "where", "why", "how", "all", "any", "each", "both",
    "few", "more", "most", "other", "some", "such", "only", "own", "same", "too", "very", "just",
    "also", "here", "there", "please", "been", "being", "does", "did", "done", "out", "off",
    "per", "via", "let", "get", "got",
})  # fmt: skip


def even(text: str) -> str:
    """Return a text with one kind of quotation mark, dash and space."""
    if not text.isascii():
        text = text.translate(_EVEN)
    text = text.replace("\n", " ").replace("\t", " ")
    return _SPACES.sub(" ", text) if _TWO_SPACES.search(text) else text


class Evidence:
    """What was said so far. A JSON value is read as the text that holds it."""

    def __init__(self, *sources: JsonValue) -> None:
        self._text = ""
        for source in sources:
            self.add(source)

    def add(self, source: JsonValue) -> None:
        """Take in another source."""
        text = source if isinstance(source, str) else orjson.dumps(source).decode()
        self._text += " | " + even(_readable(text)).casefold()

    def says(self, wording: str) -> bool:
        """Whether a wording stands here as a whole: `prod-1` is not said by `prod-12`."""
        wording = even(wording).casefold().strip()
        return self._stands(wording)

    def says_name(self, name: str) -> bool:
        """Whether an id, an address or a path stands here, be it without scheme or separators."""
        bare = _SCHEME.sub("", even(name).casefold()).rstrip("/")
        if self._stands(bare) or self._stands(bare.removeprefix("./").lstrip("@#")):
            return True
        return bool(_LONG_NUMBER.fullmatch(bare)) and self._says_digits(re.sub(r"\D", "", bare))

    def says_number(self, number: Decimal) -> bool:
        """Whether a number stands here in any usual writing, small ones in words as well."""
        return any(
            self._stands(spelt) if spelt[0].isalpha() else self._counts(spelt)
            for spelt in spell_number(number)
        ) or (number in _YEARS and self._stands_in_a_date(str(number)))

    def rounds_to(self, number: Decimal) -> bool:
        """Whether a longer number that stands here is this one when rounded."""
        written = f"{abs(number):f}"
        places = Decimal(1).scaleb(-len(written.partition(".")[2]))
        for found in re.finditer(r"(?<![\w.])\d[\d,]*\.\d+", self._text):
            if Decimal(found[0].replace(",", "")).quantize(places) == abs(number):
                return True
        return False

    def says_date(self, dates: Sequence[Date]) -> bool:
        """Whether a date stands here under any of its readings; a year may be left out."""
        return any(map(self._says_in_figures, dates)) or any(
            said[1:] == date[1:] and (said[0] == date[0] or None in (said[0], date[0]))
            for date in dates
            for window in self._around(MONTHS[date[1] - 1][:3])
            for moment in find_moments(window)
            for said in moment.dates
        )

    def _says_in_figures(self, date: Date) -> bool:
        iso, *others = numeric_dates(date)  # an hour may follow the first of them at once
        return iso in self._text or any(map(self._stands, others))

    def says_time(self, times: Sequence[Time]) -> bool:
        """Whether a time of day stands here."""
        return any(
            time in moment.times
            for time in times
            for sign in (f":{time[1]:02}", *([] if time[1] else ["am", "pm", "a.m", "p.m"]))
            for window in self._around(sign)
            for moment in find_moments(window)
        )

    def says_words(self, words: Sequence[str]) -> bool:
        """Whether words stand here in a row; plain ones in any order, with another ending."""
        patterns = [_inflected(w) if w.islower() else re.escape(w.casefold()) for w in words]
        row = r"(?<!\w)" + r"\W+".join(patterns) + r"(?!\w)"
        if re.search(row, self._text):
            return True
        plain = len(words) > 1 and all(word.isalpha() and word.islower() for word in words)
        return plain and self._near_each_other([_inflected(word) for word in words])

    def _near_each_other(self, patterns: Sequence[str]) -> bool:
        """Whether words stand in one place, in any order."""
        whole = [re.compile(rf"(?<!\w){pattern}(?!\w)") for pattern in patterns]
        for found in whole[0].finditer(self._text):
            start = max(found.start() - NEAR, 0)
            if all(each.search(self._text, start, found.end() + NEAR) for each in whole[1:]):
                return True
        return False

    def share_of_words(self, text: str) -> float:
        """Return the share of a text's content words that stand here, 1 if it has none."""
        words = content_words(text)
        return sum(map(self._begins, words)) / len(words) if words else 1.0

    def _begins(self, word: str) -> bool:
        """Whether a word begins with this one's stem."""
        return any(not self._text[at - 1].isalnum() for at in self._places(_stem(word)))

    def _stands(self, wording: str) -> bool:
        text, size = self._text, len(wording)
        return any(
            not (_goes_on(text, at - 1, -1) or _goes_on(text, at + size, 1))
            for at in self._places(wording)
        )

    def _counts(self, spelt: str) -> bool:
        """Whether a number stands here, be it with closing zeros: 4 is not said by 40 nor 4.5."""
        whole = "." not in spelt
        return any(
            _is_number(self._text, at, at + len(spelt), whole=whole) for at in self._places(spelt)
        )

    def _stands_in_a_date(self, year: str) -> bool:
        return any(
            not self._text[at - 1].isdigit() and self._text[at + 4 : at + 5] == "-"
            for at in self._places(year)
        )

    def _places(self, wording: str) -> Iterator[int]:
        """Yield where a wording stands, be it within another; nothing stands nowhere."""
        at = self._text.find(wording) if wording else -1
        while at >= 0:
            yield at
            at = self._text.find(wording, at + 1)

    def _around(self, wording: str) -> Iterator[str]:
        """Yield what stands around a wording, wide enough for a date."""
        return (self._text[max(at - 16, 0) : at + 24] for at in self._places(wording))

    def _says_digits(self, digits: str) -> bool:
        spread = r"[ ()./-]{0,2}".join(digits)
        return re.search(rf"(?<!\d){spread}(?!\d)", self._text) is not None


def content_words(text: str) -> list[str]:
    """Return the words of a text that carry its content, in small letters."""
    found = re.findall(r"[^\W\d_]{3,}", even(text).casefold())
    return [word for word in found if word not in _STOPWORDS]


def _readable(text: str) -> str:
    """Return a JSON text with escapes resolved and rows of numbers spaced; any other as it is."""
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return text
    if "\\u" in text:
        text = _spelt_out(text)
    if "\\" in text:
        text = _ESCAPE.sub(lambda escape: escape[1] if escape[1] in '"\\/' else " ", text)
    return _ROW_OF_NUMBERS.sub(lambda row: row[0].replace(",", ", "), text)


def _spelt_out(text: str) -> str:
    try:
        return orjson.dumps(orjson.loads(text)).decode()
    except orjson.JSONDecodeError:
        return text


def _stem(word: str) -> str:
    stem = _ENDINGS.sub("", word)
    return stem if len(stem) >= _SHORTEST_STEM else word


def _inflected(word: str) -> str:
    return rf"{re.escape(_stem(word))}(?:ing|ed|es|ly|s)?"


def _goes_on(text: str, at: int, step: int) -> bool:
    """Whether a name goes on beyond a place that it was found at."""
    if not 0 <= at < len(text):
        return False
    if text[at].isalnum() or text[at] == "_":
        return True
    beyond = at + step
    return text[at] in _JOINS and 0 <= beyond < len(text) and text[beyond].isalnum()


def _is_number(text: str, start: int, end: int, *, whole: bool) -> bool:
    """Whether digits found at a place are all of a number, which may have closing zeros."""
    before, last = text[start - 2 : start - 1], text[start - 1 : start]
    if last.isalnum() or last == "_" or (last in "-/" and before.isalnum()):
        return False
    if last in ".,:" and before.isdigit():
        return False
    zeros = _ZEROS[whole].match(text, end)
    end = zeros.end() if zeros else end
    first, behind = text[end : end + 1], text[end + 1 : end + 2]
    if first and first in ".,:/-" and behind.isdigit():
        return False
    return not (first.isalnum() or first == "_") or UNIT_BEHIND.match(text, end) is not None
