"""Draws what an export holds and what it left out."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tasks.composition import CLASSES
from tasks.formats.exporting.manifest import ExportManifest
from tasks.formats.exporting.withholding import REASONS


def draw_export(manifest: ExportManifest, out: Path) -> Iterator[RenderableType]:
    """Yield an export's counts, what was left out and why, lengths and warnings."""
    told = f"{manifest.rows_out:,} of {manifest.rows_in:,} rows in {out}"
    if manifest.records != manifest.rows_out:
        told += f", as {manifest.records:,} records"
    yield Text(told)
    yield _draw_counts(manifest)
    for reason, by_class in manifest.withheld.items():
        yield Text(f"withheld: {_count(by_class)}, because {REASONS.get(reason, reason)}")
    if manifest.too_long:
        limit = manifest.options["max_tokens"]
        yield Text(f"left out: {_count(manifest.too_long)}, longer than {limit:,} tokens")
    for what, turns in manifest.left_out.items():
        yield Text(f"left out of {turns:,} turns: {what.replace('_', ' ')}")
    if manifest.lengths:
        yield _draw_lengths(manifest)
    for warning in manifest.warnings:
        yield Text(f"warning: {warning}", style="yellow")
    if manifest.rehearsal:
        yield Text("rehearsal data: nothing to train a model on", style="yellow")


def _draw_counts(manifest: ExportManifest) -> Table:
    table = Table("split", *(kind.replace("_", " ") for kind in CLASSES), "file", box=None)
    for split, by_class in manifest.rows.items():
        counts = (by_class.get(kind) for kind in CLASSES)
        cells = [
            "" if count is None
            else f"{count.rows_out:,}" if count.rows_in == count.rows_out
            else f"{count.rows_out:,} of {count.rows_in:,}"
            for count in counts
        ]  # fmt: skip
        table.add_row(split, *cells, Text(manifest.splits.get(split, "")))
    return table


def _draw_lengths(manifest: ExportManifest) -> Table:
    table = Table("tokens", "p50", "p95", "p99", "most", box=None)
    for kind, found in manifest.lengths.items():
        figures = (found.p50, found.p95, found.p99, found.most)
        table.add_row(kind.replace("_", " "), *(f"{figure:,}" for figure in figures))
    return table


def _count(by_class: dict[str, int]) -> str:
    total = sum(by_class.values())
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in by_class.items())
    return f"{total:,} {'row' if total == 1 else 'rows'} ({kinds.replace('_', ' ')})"
