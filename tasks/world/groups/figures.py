"""Amounts and moments: how they are counted, and how a person would write them."""

from datetime import timedelta
from decimal import Decimal

from schemas.base import JsonValue
from tasks.world.contract import Refused
from tasks.world.state import EPOCH


def to_cents(amount: JsonValue) -> int:
    """Return a decimal amount in cents. Raises: Refused (`bad_amount`)."""
    cents = Decimal(str(amount)) * 100
    if cents < 1 or cents != int(cents):
        raise Refused("bad_amount", "The amount must be positive, with at most two decimals.")
    return int(cents)


def to_decimal(cents: int) -> int | float:
    """Return cents as the decimal number a person would write."""
    return cents // 100 if cents % 100 == 0 else cents / 100


def show_money(cents: int, currency: str) -> str:
    """Return an amount as text: `1,204.50 EUR`."""
    return f"{cents // 100:,}.{cents % 100:02d} {currency}"


def show_moment(minutes: int) -> str:
    """Return a moment, in minutes since the epoch, ISO 8601 in UTC."""
    return f"{(EPOCH + timedelta(minutes=minutes)).isoformat()[:19]}Z"
