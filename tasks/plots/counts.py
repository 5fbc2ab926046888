"""What the plots of a version show of its rows, counted in its files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from schemas.third_party import OWN
from tasks.composition import CLASSES

Table = dict[str, dict[str, int]]

# an observation answers one call, so that observations count the calls that were made
_QUERY = """
    SELECT if(source = ?, label, 'third_party') AS class, split, category,
           len(list_filter(messages->>'$[*].role', lambda role: role = 'tool')) AS calls,
           count(*) AS rows
    FROM read_parquet(?) GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a version, each table by class first; classes without rows are left out."""

    by_split: Table
    by_category: Table
    by_calls: Table  # calls of a conversation, as a number's text


def count_rows(files: Sequence[Path]) -> Counts:
    """Return the counts of the rows in the files of a version's rows."""
    with duckdb.connect(config={"threads": 1}) as connection:  # half the memory of two
        found = connection.execute(_QUERY, [OWN, [*map(str, files)]]).fetchall()
    return Counts(
        by_split=_sum((name, split, rows) for name, split, _, _, rows in found),
        by_category=_sum((name, category, rows) for name, _, category, _, rows in found),
        by_calls=_sum((name, str(calls), rows) for name, _, _, calls, rows in found),
    )


def _sum(found: Iterable[tuple[str, str, int]]) -> Table:
    table: Table = {}
    for name, key, rows in found:
        line = table.setdefault(name, {})
        line[key] = line.get(key, 0) + rows
    return {name: table[name] for name in CLASSES if name in table}
