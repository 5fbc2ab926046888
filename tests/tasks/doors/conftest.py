"""A store in a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.doors.store import Store


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the URL of a store that isn't there yet."""
    return f"duckdb:///{tmp_path / 'store.duckdb'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """Return an open, empty store."""
    with Store.open(url) as opened:
        yield opened
