"""The funnel as a picture that a page can hold in its own text."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from schemas.filters import Filter
from tasks.report.words import load_words, word_for

_WIDTH, _LABELS, _BAR, _ROW = 720, 170, 430, 34
_FONT = "font-family='sans-serif' font-size='14'"
_INK, _CAME, _PASSED = "#1d2733", "#d5dde8", "#2f6fb3"


def draw_funnel(filters: Sequence[Filter]) -> str:
    """Return an SVG: for each filter what came to it, and within that what it let through."""
    most = max((each.total().rows_in for each in filters), default=0)
    rows = "".join(_draw(each, place, most) for place, each in enumerate(filters))
    height = _ROW * len(filters) + 12
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{_WIDTH}' height='{height}'"
        f" viewBox='0 0 {_WIDTH} {height}'><rect width='100%' height='100%' fill='#fff'/>"
        f"{rows}</svg>"
    )


def as_data_uri(svg: str) -> str:
    """Return a picture as an address that holds it."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def _draw(one: Filter, place: int, most: int) -> str:
    total, top = one.total(), place * _ROW + 10
    came, passed = (_BAR * count / max(1, most) for count in (total.rows_in, total.rows_out))
    label = escape(word_for(load_words().stages, one.name).name)
    counts = f"{total.rows_out:,} of {total.rows_in:,}"
    return (
        f"<text x='10' y='{top + 16}' fill='{_INK}' {_FONT}>{label}</text>"
        f"<rect x='{_LABELS}' y='{top}' width='{came:.1f}' height='22' fill='{_CAME}'/>"
        f"<rect x='{_LABELS}' y='{top}' width='{passed:.1f}' height='22' fill='{_PASSED}'/>"
        f"<text x='{_LABELS + came + 8:.1f}' y='{top + 16}' fill='{_INK}' {_FONT}>{counts}</text>"
    )
