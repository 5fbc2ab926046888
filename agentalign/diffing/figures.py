"""Figures of two versions that differ: rows, quality, yields of stages, money."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.results import Manifest


@dataclass(frozen=True, slots=True)
class Moved:
    """A figure that is another one; None where it was not measured."""

    name: str
    before: float | None
    after: float | None


def moved_figures(before: Manifest, after: Manifest) -> tuple[Moved, ...]:
    """Return the figures that moved, counts of rows first."""
    one, other = dict(_figures(before)), dict(_figures(after))
    return tuple(
        Moved(name, one.get(name), other.get(name))
        for name in dict.fromkeys((*one, *other))
        if one.get(name) != other.get(name)
    )


def _figures(manifest: Manifest) -> Iterator[tuple[str, float | None]]:
    for name, count in (manifest.rows | manifest.splits).items():
        yield f"rows: {name}", float(count)
    for category, count in sorted(manifest.by_category.items()):
        if category not in manifest.rows:
            yield f"harmful rows: {category}", float(count)
    yield from sorted(manifest.figures.items())
    for stage in manifest.stages:
        if stage.wanted:
            yield f"accepted share of {stage.stage}", round(stage.accepted / stage.wanted, 6)
    yield "cost_usd", manifest.account.total().cost_usd if manifest.account else None
