"""What a dataset's calls took, over all the runs that bought them."""

from collections.abc import Iterable, Sequence

from schemas.accounts import Account, price_of
from schemas.results import StageReport
from schemas.rows import Receipt
from tasks.context import RunContext


async def make_account(
    context: RunContext, receipts: Iterable[Receipt], reports: Sequence[StageReport], rows: int
) -> Account:
    """Return the account of the calls behind receipts, as this run sees it."""
    await context.engine.flush()
    return Account(
        run=context.run,
        rows=rows,
        lines=tuple(await context.store.account_lines(receipts)),
        prices=tuple(price_of(endpoint) for endpoint in context.params.endpoints),
        accepted={report.stage: report.accepted for report in reports},
    )
