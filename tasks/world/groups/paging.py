"""Long results in pages: what a tool lists is cut to a size that an agent can hold."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def cut_page(items: Sequence[T], start: int, size: int) -> tuple[Sequence[T], int | None]:
    """Return the items from `start` on, at most `size`, and where the next page starts.

    The second is None on the last page, and the page is empty beyond the end.
    """
    end = start + size
    return items[start:end], end if end < len(items) else None
