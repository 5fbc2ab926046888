"""Draws what differs between two versions."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from agentalign.conversations import draw_turns
from agentalign.diffing.difference import Difference
from agentalign.diffing.figures import Moved
from agentalign.diffing.pairs import Pair
from agentalign.diffing.rows import Rows
from agentalign.diffing.verdicts import Flip, count_flips
from agentalign.parameters import Differing
from schemas.ids import canonical_json

_LONGEST = 60  # characters of a value


def draw_difference(found: Difference) -> Iterator[RenderableType]:
    """Yield the parts of a comparison, those in which nothing differs in one line."""
    yield Text(f"from {found.before.name} to {found.after.name}", style="bold")
    settings = (*found.params, *found.prompts, *([found.code] if found.code else []))
    yield from _part("Parameters and prompts", _draw_settings(settings), bool(settings))
    yield from _part("Rows", _draw_rows(found.rows), bool(_moved_rows(found.rows)))
    yield from _part("Verdicts that flipped", _draw_flips(found.flips), bool(found.flips))
    yield from _part("Figures that moved", _draw_figures(found.figures), bool(found.figures))
    yield from (Text(f"new warning: {line}", style="yellow") for line in found.new_warnings)
    yield from (Text(f"warning no more: {line}", style="green") for line in found.gone_warnings)
    for pair in found.pairs:
        yield _draw_pair(pair, found)


def _part(title: str, drawn: RenderableType, differs: bool) -> Iterator[RenderableType]:
    yield Text(f"\n{title}", style="bold") if differs else Text(f"\n{title}: none", style="dim")
    if differs:
        yield drawn


def _draw_settings(settings: Iterable[Differing]) -> Table:
    table = _table("name", "before", "after")
    for each in settings:
        table.add_row(Text(each.name), _value(each.before), _value(each.after))
    return table


def _moved_rows(rows: Rows) -> int:
    return len(rows.added) + len(rows.removed) + len(rows.changed)


def _draw_rows(rows: Rows) -> Table:
    table = _table("", "rows")
    table.columns[1].justify = "right"
    counts = {"same": rows.same, "added": len(rows.added), "removed": len(rows.removed)}
    for name, count in (counts | {"changed": len(rows.changed)}).items():
        table.add_row(name, f"{count:,}")
    for field, count in rows.fields().most_common():
        table.add_row(f"  in {field}", f"{count:,}", style="dim")
    return table


def _draw_flips(flips: tuple[Flip, ...]) -> Table:
    table = _table("check", "before", "after", "rows")
    table.columns[3].justify = "right"
    for (check, before, after), count in sorted(count_flips(flips).items()):
        table.add_row(check, before, after, f"{count:,}")
    return table


def _draw_figures(figures: Sequence[Moved]) -> Table:
    table = _table("figure", "before", "after", "by")
    for column in table.columns[1:]:
        column.justify = "right"
    for each in figures:
        both = each.before is not None and each.after is not None
        by = f"{(each.after or 0) - (each.before or 0):+,.6g}" if both else ""
        table.add_row(each.name, _number(each.before), _number(each.after), by)
    return table


def _draw_pair(pair: Pair, found: Difference) -> RenderableType:
    table = Table(title=f"\n{pair.slot} ({', '.join(pair.fields)})", title_justify="left")
    for version, row in ((found.before, pair.before), (found.after, pair.after)):
        table.add_column(f"{version.name}\n{row.id}", ratio=1)
    turns = (Text("\n").join(draw_turns(row.messages)) for row in (pair.before, pair.after))
    table.add_row(*turns)
    return table


def _table(*names: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=any(names[1:]))
    for name in names:
        table.add_column(name)
    return table


def _value(value: object) -> Text:
    text = value if isinstance(value, str) else canonical_json(value).decode()
    text = "-" if value is None else text
    return Text(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.6g}"
