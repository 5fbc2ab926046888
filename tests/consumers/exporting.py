"""Exports rows in a format and reads the records back, each under the row it is of."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from schemas.rows import Example
from tasks.composition import SPLITS
from tasks.formats.exporting.manifest import ExportManifest
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.registry import find_format
from tasks.formats.exporting.writing import export
from tasks.formats.versions import Version

Record = dict[str, Any]
FEW = 30


@dataclass(frozen=True, slots=True)
class Exported:
    """An export whose rows are all of one split."""

    folder: Path
    manifest: ExportManifest
    file: Path
    records: tuple[Record, ...]

    @property
    def withheld(self) -> dict[str, int]:
        """Rows that the format can't say, by reason."""
        return {reason: sum(by.values()) for reason, by in self.manifest.withheld.items()}

    def respell(self, name: str, change: Callable[[Record], None]) -> Path:
        """Return a file of the first records, changed: what a wrong exporter would write."""
        records = orjson.loads(orjson.dumps(self.records[:FEW]))
        for record in records:
            change(record)
        file = self.folder.parent / f"{self.folder.name}-{name}{self.file.suffix}"
        file.write_bytes(_dump(records, self.file.suffix))
        return file


def export_as(
    format_name: str, rows: Iterable[Example], version: Version, out: Path,
    options: ExportOptions | None = None,
) -> Exported:  # fmt: skip
    """Export rows into a folder and read what is there."""
    manifest = export(rows, version, find_format(format_name), out, options)
    (written,) = manifest.files
    file = out / written.name
    return Exported(out, manifest, file, tuple(read_records(file)))


def export_in_splits(
    format_name: str, rows: Iterable[Example], version: Version, out: Path
) -> ExportManifest:
    """Export rows that are dealt out to the splits, as those of a version of some size are."""
    return export(deal_out(rows), version, find_format(format_name), out)


def deal_out(rows: Iterable[Example]) -> Iterator[Example]:
    """Yield rows with a split each, in turn."""
    for number, row in enumerate(rows):
        yield row.model_copy(update={"split": SPLITS[number % len(SPLITS)]})


def read_records(file: Path) -> list[Record]:
    """Return the records of a file of lines or of one list."""
    content = file.read_bytes()
    if file.suffix == ".jsonl":
        return [orjson.loads(line) for line in content.split(b"\n") if line]
    return list(orjson.loads(content))


def _dump(records: Sequence[Record], suffix: str) -> bytes:
    if suffix == ".jsonl":
        return b"".join(
            orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records
        )
    return orjson.dumps(records)
