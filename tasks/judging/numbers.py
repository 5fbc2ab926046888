"""Numbers as people and programs write them: 1,250.00 and 1250 are the same one."""

import re
from decimal import Decimal
from functools import lru_cache

LONGEST = 24  # characters
_CURRENCY = "$\u20ac\xa3\xa5"
_UNITS = (
    "%|st|nd|rd|th|x|h|s|m|g|ms|km|cm|mm|kg|mg|ml|l|min|mins|sec|am|pm|kb|mb|gb|tb|px|"
    "eur|usd|gbp|chf|jpy|btc|eth|usdt|usdc|sol"
)
# grouped by commas, spaces or points; then decimals behind a point, or behind a comma
_WRITTEN = re.compile(
    rf"[-+~]?[{_CURRENCY}]?"
    r"(?P<whole>\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|0|[1-9]\d*)(?:\.(?P<decimals>\d+))?"
    rf"[{_CURRENCY}]?(?:{_UNITS})?",
    re.IGNORECASE,
)
_CONTINENTAL = re.compile(rf"[{_CURRENCY}]?(\d{{1,3}}(?:\.\d{{3}})*),(\d{{1,2}})[{_CURRENCY}]?")
UNIT_BEHIND = re.compile(rf"(?:{_UNITS})(?!\w)")

WORDS = {
    1: ("one", "once", "single"), 2: ("two", "twice", "both", "pair", "couple"), 3: ("three",),
    4: ("four",), 5: ("five",), 6: ("six",), 7: ("seven",), 8: ("eight",), 9: ("nine",),
    10: ("ten",), 11: ("eleven",), 12: ("twelve", "dozen"), 13: ("thirteen",), 14: ("fourteen",),
    15: ("fifteen",), 16: ("sixteen",), 17: ("seventeen",), 18: ("eighteen",), 19: ("nineteen",),
    20: ("twenty",), 24: ("two dozen",), 30: ("thirty",), 40: ("forty",), 50: ("fifty",),
    60: ("sixty",), 70: ("seventy",), 80: ("eighty",), 90: ("ninety",), 100: ("hundred",),
    1000: ("thousand",),
}  # fmt: skip


def read_number(written: str) -> Decimal | None:
    """Return the number that a text is, with or without currency and unit; else None.

    Digits with a leading zero, or very many of them, are no number but a name.
    """
    if len(written) > LONGEST:
        return None
    if found := _WRITTEN.fullmatch(written):
        whole = re.sub("[, ]", "", found["whole"])
        return Decimal(f"{whole}.{found['decimals'] or 0}")
    if found := _CONTINENTAL.fullmatch(written):
        return Decimal(f"{found[1].replace('.', '')}.{found[2]}")
    return None


@lru_cache(maxsize=4096)
def spell_number(number: Decimal) -> tuple[str, ...]:
    """Return the writings of a number, without closing zeros behind its point, plain one first."""
    whole, _, decimals = f"{abs(number):f}".partition(".")
    decimals = decimals.rstrip("0")
    grouped = f"{int(whole):,}"
    wholes = [whole, grouped, grouped.replace(",", " ")] if len(whole) > 3 else [whole]
    if not decimals:
        return (*wholes, *WORDS.get(int(whole), ()))
    points = [f"{each}.{decimals}" for each in wholes]
    return (*points, f"{whole},{decimals}", f"{grouped.replace(',', '.')},{decimals}")
