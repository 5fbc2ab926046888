"""Values and names written into SQL.

DuckDB's client imports pandas to bind a parameter, which takes longer than most queries here.
"""

from collections.abc import Iterable


def literal(text: str) -> str:
    """Return a text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """Return texts as SQL literals with commas between."""
    return ", ".join(map(literal, texts))


def identifier(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
