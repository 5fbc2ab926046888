"""What the calls behind stage runs took: read from the calls themselves, each counted once."""

from collections.abc import Iterable, Sequence

import duckdb

from schemas.accounts import Line
from schemas.rows import Receipt
from tasks.doors.store.rows import output_digest

_LINES = """
SELECT stage, role, endpoint, model, run,
    count(*) AS calls,
    count(error) AS failed,
    sum(attempts)::BIGINT AS attempts,
    coalesce(sum(prompt_tokens), 0)::BIGINT AS prompt_tokens,
    coalesce(sum(cached_tokens), 0)::BIGINT AS cached_tokens,
    coalesce(sum(completion_tokens), 0)::BIGINT AS completion_tokens,
    count(*) FILTER (
        finish_reason <> 'error' AND (prompt_tokens IS NULL OR completion_tokens IS NULL)
    ) AS unmetered,
    coalesce(sum(latency_s), 0) AS seconds
FROM calls WHERE key IN (
    SELECT row_id FROM outputs
    WHERE tbl = 'calls' AND receipt_digest IN (SELECT unnest(?::VARCHAR[])))
GROUP BY ALL ORDER BY ALL"""


def read_lines(connection: duckdb.DuckDBPyConnection, receipts: Iterable[Receipt]) -> list[Line]:
    """Return what the calls behind receipts took, by stage, role, endpoint, model and run."""
    names = list(dict.fromkeys(output_digest(receipt) for receipt in receipts))
    found = connection.execute(_LINES, [names]).to_arrow_table()
    return [Line.model_validate(record) for record in found.to_pylist()]


def read_epochs(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return how often the failed items of each stage were asked for again."""
    return dict(connection.execute("SELECT stage, epoch FROM epochs ORDER BY stage").fetchall())


def raise_epochs(connection: duckdb.DuckDBPyConnection, stages: Sequence[str]) -> None:
    """Count one more time for some stages."""
    connection.execute(
        "INSERT INTO epochs SELECT unnest(?::VARCHAR[]), 1"
        " ON CONFLICT DO UPDATE SET epoch = epochs.epoch + 1",
        [list(stages)],
    )
