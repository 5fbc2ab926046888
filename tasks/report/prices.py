"""What is known of the prices of a dataset's model calls."""

from collections.abc import Iterable
from datetime import date

from schemas.accounts import Price


def describe_prices(prices: Iterable[Price]) -> str:
    """Return since when each price is known."""
    told = [f"{price.endpoint} {_since(price.priced_on)}" for price in prices if _is_paid(price)]
    return f"prices: {', '.join(told)}" if told else "no endpoint was given a price"


def _is_paid(price: Price) -> bool:
    return bool(price.prompt_usd_per_million or price.completion_usd_per_million)


def _since(day: date | None) -> str:
    return f"as of {day.isoformat()}" if day else "of no known date (endpoints' priced_on)"
