"""What a dataset's model calls took, as tables: tokens and money, and both for a row."""

from collections.abc import Iterable
from typing import get_args

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from schemas.accounts import Account, Dimension, Total
from tasks.report.prices import describe_prices

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
_NUMBERS = ("calls", "failed", "prompt", "cached", "completed", "a row", "cost", "a row")


def draw_costs(account: Account, dimensions: Iterable[Dimension]) -> Iterable[RenderableType]:
    """Yield a table per dimension, what this run bought and saved, and the prices' dates."""
    for dimension in dimensions:
        yield _table(account, dimension)
    yield Text(f"this run bought {describe(account.bought)}")
    yield Text(f"saved by calls of earlier runs: {describe(account.saved)}")
    yield Text(describe_prices(account.prices))


def describe(total: Total) -> str:
    """Return calls, tokens and money in words."""
    tokens = f"{total.prompt_tokens:,} prompt tokens"
    if total.cached_tokens:
        tokens += f" ({total.cached_tokens:,} from the endpoint's cache)"
    return (
        f"{total.calls:,} calls, {tokens}, {total.completion_tokens:,} completion tokens,"
        f" {describe_cost(total)}"
    )


def describe_cost(total: Total) -> str:
    """Return the money; what is unknown is said to be."""
    if not total.unpriced:
        return f"${total.known_usd:,.4f}"
    known = f"at least ${total.known_usd:,.4f}; " if total.known_usd else ""
    return f"{known}the cost of {total.unpriced:,} calls is unknown"


def _table(account: Account, dimension: Dimension) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column(dimension, no_wrap=True)
    for name in _NUMBERS:
        table.add_column(name, justify="right")
    for name, total in account.by(dimension).items():
        rows = account.accepted.get(name, 0) if dimension == "stage" else account.rows
        table.add_row(_named(account, dimension, name), *_cells(total, rows))
    table.add_row("all", *_cells(account.total(), account.rows), style="bold")
    return table


def _count(tokens: float) -> str:
    if tokens >= 1_000_000:
        return f"{tokens / 1_000_000:,.2f} M"
    return f"{tokens / 1_000:,.0f} k" if tokens >= 100_000 else f"{tokens:,.0f}"


def _named(account: Account, dimension: Dimension, name: str) -> str:
    if dimension == "run":
        return f"{name[:8] or '?'}{' (this)' if name == account.run else ''}"
    return name


def _cells(total: Total, rows: int) -> list[str]:
    """Return a line's cells; tokens and money a row are of accepted rows."""
    tokens = total.prompt_tokens + total.completion_tokens
    cost = total.cost_usd
    return [
        f"{total.calls:,}",
        f"{total.failed:,}" if total.failed else "-",
        _count(total.prompt_tokens),
        _count(total.cached_tokens) if total.cached_tokens else "-",
        _count(total.completion_tokens),
        _count(tokens / rows) if rows else "-",
        "unknown" if cost is None else f"${cost:,.2f}",
        "unknown" if cost is None else f"${cost / rows:,.4f}" if rows else "-",
    ]
