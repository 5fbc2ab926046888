import io
from datetime import date

from rich.console import Console

from agentalign.costs import DIMENSIONS, describe, draw_costs
from schemas.accounts import Account, Line, Price


def line(**changed: object) -> Line:
    """Return the line of a thousand calls."""
    told = {
        "stage": "semantic", "role": "judge", "endpoint": "one", "model": "m", "run": "first-run",
        "calls": 1000, "failed": 2, "attempts": 1010, "prompt_tokens": 2_000_000,
        "cached_tokens": 500_000, "completion_tokens": 50_000, "unmetered": 0, "seconds": 5.0,
    }  # fmt: skip
    return Line.model_validate(told | changed)


def price(endpoint: str, *, known: bool = True) -> Price:
    """Return a price of 1 USD a million."""
    usd = 1.0 if known else None
    return Price(
        endpoint=endpoint, prompt_usd_per_million=usd, cached_usd_per_million=None,
        completion_usd_per_million=usd, priced_on=date(2030, 2, 3) if known else None,
    )  # fmt: skip


ACCOUNT = Account(
    run="second-run",
    rows=100,
    lines=(line(), line(stage="responses", endpoint="two", run="second-run", calls=10)),
    prices=(price("one"), price("two", known=False)),
    accepted={"semantic": 500},
)


def drawn(*dimensions: str) -> str:
    """Return what is printed."""
    output = io.StringIO()
    console = Console(file=output, width=120)
    for part in draw_costs(ACCOUNT, [d for d in DIMENSIONS if d in dimensions]):
        console.print(part)
    return output.getvalue()


def test_a_stage_shows_tokens_and_money_of_an_accepted_row() -> None:
    """Of its own rows; cached prompt tokens stand apart, what is unknown is called so."""
    lines = {words[0]: words[1:] for words in map(str.split, drawn("stage").splitlines()) if words}
    assert " ".join(lines["semantic"]) == "1,000 2 2.00 M 500 k 50,000 4,100 $2.05 $0.0041"
    assert lines["responses"][-2:] == ["unknown", "unknown"]


def test_runs_and_prices_are_named() -> None:
    """This run among the others, what it bought, what earlier ones saved it, the prices' dates."""
    text = drawn("run")
    assert "second-r (this)" in text
    assert "this run bought 10 calls" in text
    assert "saved by calls of earlier runs: 1,000 calls" in text
    assert "prices: one as of 2030-02-03" in text


def test_a_part_that_is_unknown_makes_the_sum_a_least() -> None:
    """The known part, and how many calls are not in it."""
    assert describe(ACCOUNT.total()).endswith("at least $2.0500; the cost of 10 calls is unknown")
