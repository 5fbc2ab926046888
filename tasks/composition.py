"""The table of a card that says how many rows of each class are in each split: written, and read.

A card that says something else than its rows is not published: so the table is read back.
"""

import re
from collections.abc import Mapping
from importlib import resources
from typing import get_args

from jinja2 import Environment, StrictUndefined

from schemas.rows import RowClass

CLASSES: tuple[RowClass, ...] = get_args(RowClass)
SPLITS = ("train", "validation", "test")
TEMPLATE = "card_composition.md"
_LINE = re.compile(r"^\|(.+)\|\s*$", re.MULTILINE)

Composition = Mapping[str, Mapping[str, int]]  # by class, then split


def composition_table(counts: Composition) -> str:
    """Return the table as Markdown: a line for each class, and one for all."""
    template = (resources.files("schemas") / "data" / TEMPLATE).read_text("utf-8")
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    lines = {name: [counts.get(name, {}).get(s, 0) for s in SPLITS] for name in CLASSES}
    totals = [sum(column) for column in zip(*lines.values(), strict=True)]
    return environment.from_string(template).render(splits=SPLITS, lines=lines, totals=totals)


def read_composition(text: str) -> dict[str, dict[str, int]]:
    """Return what the first such table of a card says, without its sums; nothing if it has none.

    A cell that is no number leaves its class out.
    """
    lines = [[cell.strip() for cell in found.split("|")] for found in _LINE.findall(text)]
    heads = [place for place, cells in enumerate(lines) if tuple(cells[1:4]) == SPLITS]
    if not heads:
        return {}
    body = lines[heads[0] + 2 : heads[0] + 2 + len(CLASSES)]
    return {
        cells[0]: dict(zip(SPLITS, map(_number, cells[1:4]), strict=True))
        for cells in body
        if cells[0] in CLASSES and all(map(_is_number, cells[1:4]))
    }


def count_differences(said: Composition, counted: Composition) -> int:
    """Return in how many cells a table and the rows differ; what isn't there is no row, or none."""
    return sum(
        said.get(name, {}).get(split) != counted.get(name, {}).get(split, 0)
        for name in CLASSES
        for split in SPLITS
    )


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").isdecimal()


def _number(cell: str) -> int:
    return int(cell.replace(",", ""))
