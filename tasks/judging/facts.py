"""The facts that a text states: numbers, dates, times, and names of things such as ids."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tasks.judging.dates import Date, Time, find_moments
from tasks.judging.evidence import Evidence, even
from tasks.judging.numbers import read_number

_APART = re.compile(r"[\s()\[\]{}<>|\"`]+|,(?!\d)|;|--+")
_EDGES = ".,:;!?'*~"
_TELLING = re.compile(r"[\d@_/\\#.]")
_WORDY = re.compile(r"[^\W\d_]+(?:[/.][^\W\d_]+)+")
_FILE_OR_HOST = re.compile(r"(?:[\w/-]+\.)+[a-z]{2,6}\d?(?:/\S*)?")
_MONEY = re.compile("[$\u20ac\xa3\xa5%]")
_CURRENCY = re.compile(r"(?:[A-Z]{3,4}|euros?|dollars?|pounds?|percent)\b")
_LIST_MARK = re.compile(r"^[ \t]*(?:[-*#]+[ \t]+)?\d{1,2}[.)][ \t]", re.MULTILINE)
_RANGE = re.compile(r"(\d[\d.,]*)-(\d[\d.,]*)")
_HEDGES = frozenset({
    "about", "around", "approximately", "roughly", "nearly", "almost", "over", "under", "ca",
    "circa",
})  # fmt: skip
_A_COUNT = 10  # what is less may have been counted rather than read


@dataclass(frozen=True, slots=True)
class Fact:
    """A number, a moment, or a name; `text` is how it is written.

    A number is `exact` if it has several digits, decimals or a currency, else it may be a mere
    count; it is `hedged` if it is given as about so much.
    """

    text: str
    number: Decimal | None = None
    exact: bool = True
    hedged: bool = False
    dates: tuple[Date, ...] = ()
    times: tuple[Time, ...] = ()

    def stands_in(self, evidence: Evidence) -> bool:
        """Whether it was said."""
        if self.number is not None:
            said = evidence.says_number(self.number)
            return said or (self.hedged and evidence.rounds_to(self.number))
        if evidence.says(self.text):
            return True
        if self.dates or self.times:
            return evidence.says_date(self.dates) or evidence.says_time(self.times)
        return evidence.says_name(self.text) or _ends_stand(self.text, evidence)


def find_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of a text: its dates and times first, then the others in order."""
    text = even(_LIST_MARK.sub(" ", text))
    for moment in list(find_moments(text)):
        start, end = moment.start, moment.end
        yield Fact(text[start:end].strip(" ."), dates=moment.dates, times=moment.times)
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    tokens = ["", *_APART.split(text), ""]
    for before, token, behind in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if fact := _fact(token, before, behind):
            yield fact


def _fact(token: str, before: str, behind: str) -> Fact | None:
    hedged = token.startswith("~") or before.strip(_EDGES).lower() in _HEDGES
    token = token.strip(_EDGES).removesuffix("'s")
    if token[:1] == token[-1:] == "_":
        token = token.strip("_")
    if not _TELLING.search(token) or not any(map(str.isalnum, token)):
        return None
    number = read_number(token.removeprefix("#"))
    if number is not None:
        money = _MONEY.search(token) or _CURRENCY.match(behind) or _CURRENCY.match(before)
        exact = bool(money) or "." in token or number >= _A_COUNT
        return Fact(token, number=number, exact=exact, hedged=hedged)
    if _WORDY.fullmatch(token) and not _FILE_OR_HOST.fullmatch(token) and token.count("/") < 2:
        return None
    return Fact(token)


def _ends_stand(text: str, evidence: Evidence) -> bool:
    """Whether a text is a range whose ends were said."""
    found = _RANGE.fullmatch(text)
    ends = [read_number(end) for end in found.groups()] if found else []
    return bool(ends) and all(end is not None and evidence.says_number(end) for end in ends)
