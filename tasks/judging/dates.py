"""Dates and times of day in any usual writing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

Date = tuple[int | None, int, int]  # year, month, day
Time = tuple[int, int]  # hour of 24, minute

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
          "october", "november", "december")  # fmt: skip
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in MONTHS)
_DAY = r"(?P<{0}>\d{{1,2}})(?:st|nd|rd|th)?"
_YEAR = r"(?:,? (?P<{0}>\d{{4}}))?"
_DATE = re.compile(
    rf"\b(?:(?P<y1>\d{{4}})-(?P<m1>\d\d)-(?P<d1>\d\d)"
    rf"|{_DAY.format('d2')}\.?(?: of)? (?P<m2>{_MONTH})\b\.?{_YEAR.format('y2')}"
    rf"|(?P<m3>{_MONTH})\b\.? {_DAY.format('d3')}{_YEAR.format('y3')}"
    r"|(?P<d4>\d{1,2})[./](?P<m4>\d{1,2})[./](?P<y4>\d{4}))(?!\d|[.,:/]\d)",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?<![\d.,:-])(?P<hour>[01]?\d|2[0-3])(?::(?P<minute>[0-5]\d)(?::[0-5]\d(?:\.\d+)?)?"
    r"(?: ?(?P<half>[ap])\.?m\b)?| ?(?P<half2>[ap])\.?m\b)(?:z|[+-]\d\d:\d\d)?(?![\w:])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or a time in a text: where it stands, and what it may mean."""

    start: int
    end: int
    dates: tuple[Date, ...] = ()
    times: tuple[Time, ...] = ()


def find_moments(text: str) -> Iterator[Moment]:
    """Yield the dates, then the times of a text; 4/3 is both the fourth of March and April 3."""
    for found in _DATE.finditer(text):
        if dates := _dates(found):
            yield Moment(found.start(), found.end(), dates=dates)
    for found in _TIME.finditer(text.replace("T", " ").replace("t", " ")):
        yield Moment(found.start(), found.end(), times=_times(found))


def numeric_dates(date: Date) -> tuple[str, ...]:
    """Return a date's writings without a month's name; without a year there is but its end."""
    year, month, day = date
    if year is None:
        return (f"-{month:02}-{day:02}",)
    forms = (
        "{y}-{m:02}-{d:02}", "{y}/{m:02}/{d:02}", "{y}{m:02}{d:02}", "{d:02}.{m:02}.{y}",
        "{d}.{m}.{y}", "{d:02}/{m:02}/{y}", "{m:02}/{d:02}/{y}", "{d}/{m}/{y}", "{m}/{d}/{y}",
    )  # fmt: skip
    return tuple(form.format(y=year, m=month, d=day) for form in forms)


def _dates(found: re.Match[str]) -> tuple[Date, ...]:
    way = next(n for n in "1234" if found[f"d{n}"])
    year = int(found[f"y{way}"]) if found[f"y{way}"] else None
    day, month = int(found[f"d{way}"]), _month(found[f"m{way}"])
    readings = {(year, month, day)} | ({(year, day, month)} if way == "4" else set())
    return tuple(sorted((y, m, d) for y, m, d in readings if 1 <= m <= 12 and 1 <= d <= 31))


def _month(written: str) -> int:
    if written.isdigit():
        return int(written)
    return next(n for n, name in enumerate(MONTHS, 1) if name.startswith(written[:3].lower()))


def _times(found: re.Match[str]) -> tuple[Time, ...]:
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    half = (found["half"] or found["half2"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return ((hour, minute),)
