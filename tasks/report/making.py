"""How a version was made: what was set, and what the calls to models took."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from schemas.accounts import Account, Total
from schemas.params import BuildParams
from tasks.report.prices import describe_prices

TOOLS = "tools"


@dataclass(frozen=True, slots=True)
class Changed:
    """A parameter that isn't this release's default, as JSON."""

    name: str
    value: str
    default: str


@dataclass(frozen=True, slots=True)
class Spending:
    """What the calls of one stage or model took."""

    name: str
    total: Total
    cost: str


@dataclass(frozen=True, slots=True)
class Spent:
    """What all calls took, each counted once over all runs."""

    stages: tuple[Spending, ...]
    models: tuple[Spending, ...]
    all: Spending
    bought: Total  # by the run that published
    prices: str


def changed_params(params: Mapping[str, Any]) -> tuple[Changed, ...]:
    """Return the parameters that differ from the defaults, by name."""
    defaults = _flat(BuildParams().model_dump(mode="json"))
    return tuple(
        Changed(name, _told(name, value), _told(name, defaults.get(name)))
        for name, value in sorted(_flat(params).items())
        if value != defaults.get(name)
    )


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return values by dotted name; lists are values, and what a user names is not split."""
    return dict(_leaves(values, prefix))


def _leaves(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and not prefix and name != TOOLS:
            yield from _leaves(value, f"{name}.")
        else:
            yield f"{prefix}{name}", value


def _told(name: str, value: Any) -> str:  # noqa: ANN401  any JSON value
    if name == TOOLS and isinstance(value, dict):
        return f"{len(value.get('tools', ())):,} tools of the user's own"
    return orjson.dumps(value).decode()


def spent_of(account: Account) -> Spent:
    """Return what an account says, by stage and by model."""
    return Spent(
        stages=_by_name(account.by("stage")),
        models=_by_name(account.by("model")),
        all=_spending("all", account.total()),
        bought=account.bought,
        prices=describe_prices(account.prices),
    )


def _by_name(totals: Mapping[str, Total]) -> tuple[Spending, ...]:
    return tuple(_spending(name, total) for name, total in totals.items())


def _spending(name: str, total: Total) -> Spending:
    return Spending(name, total, _cost(total))


def _cost(total: Total) -> str:
    """Return the money in few words; what has no known price is never counted as free."""
    if total.cost_usd is not None:
        return f"${total.cost_usd:,.2f}"
    return f"over ${total.known_usd:,.2f}" if total.known_usd else "unknown"
