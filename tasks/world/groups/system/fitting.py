"""Results that fit into a trainer's window: what is long is cut and says where it goes on."""

from collections.abc import Sequence

import orjson

from tasks.world.groups.excerpts import text_part
from tasks.world.groups.paging import cut_page
from tasks.world.state import Record

ROOM = 1_800  # bytes of JSON that the long part of a result may take


def fit_rows(rows: Sequence[Record], start: int, size: int) -> tuple[list[Record], int | None]:
    """Return the rows from `start` on that fit, at most `size`, and where the next page starts.

    The second is None on the last page. There is always one row if any is left.
    """
    page, following = cut_page(rows, start, size)
    while len(page) > 1 and len(orjson.dumps(list(page))) > ROOM:
        page = page[:-1]
        following = start + len(page)
    return list(page), following


def fit_page(rows: Sequence[Record], number: int, size: int) -> tuple[list[Record], int | None]:
    """Return page `number`, from 1, and the number of the next one; its rows have to be small."""
    page, following = cut_page(rows, (number - 1) * size, size)
    return list(page), number + 1 if following is not None else None


def fit_text(text: str, start: int = 0) -> tuple[str, int | None]:
    """Return the text from a character on, as much as fits, and where the rest starts."""
    return text_part(text, start, ROOM)


def clip(text: str, length: int) -> str:
    """Return a text, cut at a word if it is longer than `length` characters."""
    if len(text) <= length:
        return text
    return text[: length + 1].rpartition(" ")[0] or text[:length]
