"""Writes rows in a training format: files of records, what stands beside them, a manifest."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from schemas.base import JsonObject
from schemas.errors import BadInputError, QualityError
from schemas.rows import Example
from tasks.formats.exporting.drafts import MANIFEST, drafting
from tasks.formats.exporting.formats import Format, Sink
from tasks.formats.exporting.lengths import Ruler, open_ruler
from tasks.formats.exporting.manifest import ExportedFile, ExportManifest
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.soundness import check_refusal, withhold_unsound
from tasks.formats.exporting.tally import Tally
from tasks.formats.exporting.withholding import Withheld
from tasks.formats.versions import Version


def export(
    rows: Iterable[Example],
    version: Version,
    format: Format,
    out: Path,
    options: ExportOptions | None = None,
) -> ExportManifest:
    """Write rows of a version, in the order they come, into a folder; return what was written.

    Rows stream: one is held at a time. The same rows and options give the same bytes.

    Raises:
        BadInputError: the folder can't be written or holds another export, the options don't go
            with the format, or the tokenizer can't be used.
        QualityError: a harmful row lacks its refusal, a row went missing, or none was left.
    """
    chosen = options or ExportOptions()
    _check_options(format, chosen)
    ruler = open_ruler(chosen)
    with drafting(out, format.name, version.name) as drafts:
        writer = _Writer(format, chosen, version.name, drafts)
        with writer.files:
            for row in rows:
                _export_row(row, writer, ruler)
        return _finish(writer, version)


def _check_options(format: Format, options: ExportOptions) -> None:
    if options.reasoning == "empty" and not format.thinks:
        msg = f"--reasoning empty: {format.name} has no place for thoughts; use keep or strip"
        raise BadInputError(msg)


@dataclass(slots=True)
class _Writer:
    """Files that are open, by name, and what went into them."""

    format: Format
    options: ExportOptions
    version: str
    folder: Path
    files: ExitStack = field(default_factory=ExitStack)
    tally: Tally = field(default_factory=Tally)
    sinks: dict[str, Sink] = field(default_factory=dict)
    records: Counter[str] = field(default_factory=Counter)
    splits: dict[str, set[str]] = field(default_factory=dict)

    def write(self, row: Example, records: Sequence[JsonObject]) -> None:
        """Write a row's records to its split's file."""
        name = self.format.name_file(self.format.name, self.version, row.split)
        if name not in self.sinks:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            self.sinks[name] = self.format.open_sink(self.folder / name)
            self.files.callback(self.sinks[name].close)
        self.sinks[name].write(records)
        self.records[name] += len(records)
        self.splits.setdefault(name, set()).add(row.split)


def _export_row(row: Example, writer: _Writer, ruler: Ruler | None) -> None:
    check_refusal(row)
    format, options, tally = writer.format, writer.options, writer.tally
    tally.take(row)
    unsound = withhold_unsound(row, options, thinks=format.thinks)
    records = unsound or format.to_records(row, options)
    if isinstance(records, Withheld):
        tally.withhold(row, records.reason)
        return
    if ruler is not None:
        tokens = ruler.measure(row, options)
        if tokens is None:
            tally.withhold(row, "not_renderable")
            return
        tally.measure(row, tokens)
        if options.max_tokens is not None and tokens > options.max_tokens:
            tally.leave_out(row)
            return
    writer.write(row, records)
    thinks = format.thinks and options.reasoning == "keep"
    tally.give(row, format.left_out(row, options), thoughts=thinks)


def _finish(writer: _Writer, version: Version) -> ExportManifest:
    """Write what stands beside the records, then the manifest."""
    writer.tally.check()
    if not writer.tally.rows_out:
        why = ", ".join(writer.tally.withheld()) or "too long"
        msg = f"no row of {version.name} can be written as {writer.format.name}: {why}"
        raise QualityError(msg)
    manifest = _manifest(writer, version)
    beside = writer.format.add_files(manifest, version)
    for name, content in beside.items():
        (writer.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (writer.folder / name).write_bytes(content)
    manifest = manifest.model_copy(update={"beside": _digests(beside)})
    (writer.folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
    return manifest


def _manifest(writer: _Writer, version: Version) -> ExportManifest:
    tally = writer.tally
    return ExportManifest(
        format=writer.format.name,
        version=version.name,
        digest=version.manifest.digest,
        rehearsal=version.manifest.rehearsal,
        options=writer.options.told(),
        rows_in=tally.rows_in.total(),
        rows_out=tally.rows_out.total(),
        records=writer.records.total(),
        rows=tally.rows(),
        by_category=dict(sorted(tally.categories.items())),
        withheld=tally.withheld(),
        too_long=dict(sorted(tally.long.items())),
        left_out=dict(sorted(tally.left_out.items())),
        thoughts=tally.thoughts,
        lengths=tally.lengths(),
        ratio=tally.ratio(),
        warnings=tuple(tally.warnings()),
        files=tuple(each for name in sorted(writer.records) for each in _describe(writer, name)),
    )


def _describe(writer: _Writer, name: str) -> Iterator[ExportedFile]:
    for file, records in writer.format.list_parts(
        writer.folder / name, writer.records[name]
    ).items():
        with file.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        yield ExportedFile(
            name=str(file.relative_to(writer.folder)),
            splits=tuple(sorted(writer.splits[name])),
            records=records,
            bytes=file.stat().st_size,
            sha256=sha256,
        )


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
