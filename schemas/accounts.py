"""What model calls took: tokens and money, by stage, role, model and run."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Literal

from schemas.base import Declared
from schemas.calls import Usage
from schemas.endpoints import Endpoint
from schemas.params import BuildParams

Dimension = Literal["stage", "role", "endpoint", "model", "run"]
_TOKENS = 1_000_000


class Line(Declared):
    """Calls that were bought, each once. `prompt_tokens` include those the endpoint had cached."""

    stage: str
    role: str
    endpoint: str
    model: str  # as the endpoint names itself
    run: str  # the flow run that bought them
    calls: int
    failed: int
    attempts: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    unmetered: int  # calls whose tokens the endpoint did not say
    seconds: float


class Total(Declared):
    """A sum of lines. What has no known price is counted apart, never as free."""

    calls: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    unmetered: int = 0
    known_usd: float = 0.0
    unpriced: int = 0  # calls

    @property
    def cost_usd(self) -> float | None:
        """The money, or None as long as any of it is unknown."""
        return None if self.unpriced else self.known_usd


class Price(Declared):
    """What an endpoint's tokens cost, and since when that is known."""

    endpoint: str
    prompt_usd_per_million: float | None
    cached_usd_per_million: float | None
    completion_usd_per_million: float | None
    priced_on: date | None


class Account(Declared):
    """What a dataset's calls took: bought by this run, and by earlier ones, which is saved now."""

    run: str
    rows: int  # of the version, 0 before there is one
    lines: tuple[Line, ...]
    prices: tuple[Price, ...]
    accepted: dict[str, int]  # rows that each stage gave

    def total(self, chosen: Callable[[Line], bool] = lambda _: True) -> Total:
        """Return the sum of some lines."""
        return add_up([line for line in self.lines if chosen(line)], self.prices)

    @property
    def bought(self) -> Total:
        """What this run bought."""
        return self.total(lambda line: line.run == self.run)

    @property
    def saved(self) -> Total:
        """What this run would have had to buy, had earlier ones not."""
        return self.total(lambda line: line.run != self.run)

    def by(self, dimension: Dimension) -> dict[str, Total]:
        """Return sums by stage, role, endpoint, model or run, in order of first appearance."""
        names = dict.fromkeys(getattr(line, dimension) for line in self.lines)
        return {
            name: self.total(lambda line, name=name: getattr(line, dimension) == name)  # type: ignore[misc]
            for name in names
        }


def price_of(endpoint: Endpoint) -> Price:
    """Return an endpoint's prices; the embedded model is free unless it is given some."""
    free = 0.0 if endpoint.is_rehearsal else None
    fields = ("prompt_usd_per_million", "completion_usd_per_million")
    known = {name: getattr(endpoint, name) for name in fields}
    return Price(
        endpoint=endpoint.name,
        cached_usd_per_million=endpoint.cached_usd_per_million,
        priced_on=endpoint.priced_on,
        **{name: free if value is None else value for name, value in known.items()},
    )


def find_unpriced(params: BuildParams) -> tuple[str, ...]:
    """Return the endpoints that play a role and have no known price."""
    prices = [price_of(each) for each in params.endpoints if each.name in params.playing]
    return tuple(
        price.endpoint
        for price in prices
        if None in (price.prompt_usd_per_million, price.completion_usd_per_million)
    )


def cost_usd(price: Price, usage: Usage) -> float | None:
    """Return what tokens cost; None if their number or price is unknown.

    Tokens from the endpoint's cache cost as much as any where no price of theirs is given.
    """
    prompt, completion = price.prompt_usd_per_million, price.completion_usd_per_million
    if prompt is None or completion is None:
        return None
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return None
    cached = usage.cached_tokens or 0
    reduced = prompt if price.cached_usd_per_million is None else price.cached_usd_per_million
    fresh = usage.prompt_tokens - cached
    return (fresh * prompt + cached * reduced + usage.completion_tokens * completion) / _TOKENS


def add_up(lines: Iterable[Line], prices: Sequence[Price]) -> Total:
    """Return the sum of lines at these prices."""
    by_name = {price.endpoint: price for price in prices}
    total = dict.fromkeys(Total.model_fields, 0.0)
    for line in lines:
        for name in total.keys() & Line.model_fields.keys():
            total[name] += getattr(line, name)
        known = _known_cost(line, by_name.get(line.endpoint))
        total["known_usd"] += known or 0.0
        total["unpriced"] += line.calls if known is None else line.unmetered
    return Total.model_validate(total)


def _known_cost(line: Line, price: Price | None) -> float | None:
    if price is None:
        return None
    usage = Usage(
        prompt_tokens=line.prompt_tokens,
        cached_tokens=line.cached_tokens,
        completion_tokens=line.completion_tokens,
    )
    return cost_usd(price, usage)
