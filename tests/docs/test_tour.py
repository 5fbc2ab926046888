"""docs/tour.md shows the pictures that the tour in the browser takes."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
MOST_BYTES = 200_000


def test_the_page_shows_every_picture_in_order() -> None:
    """Each once, with words for those who don't see it."""
    shown = re.findall(r"^!\[(.+)\]\((screens/.+)\)$", (DOCS / "tour.md").read_text(), re.MULTILINE)
    there = [f"screens/{each.name}" for each in sorted((DOCS / "screens").iterdir())]
    assert [path for _, path in shown] == there


def test_pictures_are_small() -> None:
    """A reader loads all of them at once."""
    sizes = {each.name: each.stat().st_size for each in (DOCS / "screens").iterdir()}
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}
