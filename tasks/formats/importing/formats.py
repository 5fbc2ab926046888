"""Rows of other datasets, whatever their format: each is sound, or rejected with a reason."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas.base import JsonObject
from schemas.errors import BadInputError
from schemas.ids import digest
from tasks.formats.importing import agentalign, glaive, openai_messages, sharegpt, toolace
from tasks.formats.importing.drafts import Draft, Flaw, UnsoundRowError, note_marked_calls
from tasks.formats.importing.guessing import guess_formats
from tasks.formats.importing.harm import note_harm
from tasks.formats.importing.records import Record, read_records
from tasks.formats.importing.rows import ForeignRow, RejectedRow
from tasks.formats.importing.soundness import Sound, make_sound

Row = ForeignRow | RejectedRow
Reader = Callable[[JsonObject], Draft]

_READERS: Mapping[str, Reader] = {
    toolace.NAME: toolace.read_draft,
    glaive.NAME: glaive.read_draft,
    sharegpt.NAME: sharegpt.read_draft,
    agentalign.NAME: agentalign.read_draft,
    openai_messages.NAME: openai_messages.read_draft,
}
FORMATS = tuple(_READERS)
# what a folder holds beside rows: of our own exports, and of other trainers' data
_NO_ROWS = ("manifest.json", "dataset_info.json")


def read_rows(
    path: Path, format_name: str, *, source: str = "", licence: str = ""
) -> Iterator[Row]:
    """Yield what comes of each row of a file, or of a folder's files in the order of their names.

    A folder's rows are in its `.json` and `.jsonl` files. `source` is the dataset's name, else
    that of the format. Of two rows with one id the second is rejected.

    Raises:
        BadInputError: a file can't be read, or is of another format; it names file, line and
            reason.
    """
    reading = Reading(format_name, source or format_name, licence)
    files = list_files(path)
    for file in files:
        yield from reading.rows(read_records(file), str(file), file.name, many=len(files) > 1)


def read_record(record: object, format_name: str) -> Sound:
    """Return a record's conversation and tools, harmful or not. Raises: UnsoundRowError."""
    return make_sound(read_draft(record, format_name))


def read_draft(record: object, format_name: str) -> Draft:
    """Return a record as a draft. Raises: UnsoundRowError for one without a conversation."""
    if not isinstance(record, dict):
        raise UnsoundRowError("not_a_row", "it is no object")
    draft = _READERS[format_name](record)
    note_marked_calls(draft)
    return draft


def list_files(path: Path) -> list[Path]:
    """Return a file, or the files of a folder that hold rows, by name. Raises: BadInputError."""
    if not path.is_dir():
        return [path]
    found = sorted(
        file
        for file in path.iterdir()
        if file.suffix in (".json", ".jsonl") and file.name not in _NO_ROWS and file.is_file()
    )
    if not found:
        raise BadInputError(f"{path} holds no .json or .jsonl file with rows")
    return found


@dataclass(slots=True)
class Reading:
    """One dataset being read; remembers whose ids were there."""

    format_name: str
    source: str
    licence: str
    _seen: dict[str, tuple[str, str]] = field(default_factory=dict)  # digest and place by id

    def rows(self, records: Iterable[Record], path: str, name: str, *, many: bool) -> Iterator[Row]:
        """Yield what comes of records. Raises: BadInputError for another format's."""
        if self.format_name not in _READERS:
            msg = f"no format {self.format_name!r}; there are: {', '.join(FORMATS)}"
            raise BadInputError(msg)
        for number, record in enumerate(records):
            if number == 0:
                self._check_format(record, path)
            fallback = f"{name} {record.place}" if many else record.place
            yield self._row(record, fallback, f"{name}, {record.place}")

    def _check_format(self, record: Record, path: str) -> None:
        found = guess_formats(record.value)
        if found and self.format_name not in found:
            msg = f"{path}, {record.place} looks like {found[0]}, not {self.format_name}"
            raise BadInputError(f"{msg}; give {found[0]} as its format")

    def _row(self, record: Record, fallback: str, place: str) -> Row:
        """Return what comes of a record; without an id of its own it has `fallback`."""
        draft = Draft()
        try:
            draft = self._draft(record)
            row_id = draft.id or fallback
            self._check_new(row_id, record, place)
            sound = make_sound(draft)
        except UnsoundRowError as exc:
            return self._rejected(draft, exc.flaw, draft.id or fallback, place)
        return ForeignRow(
            source=self.source,
            licence=self.licence,
            source_id=row_id,
            place=place,
            messages=sound.messages,
            tools=tuple(sound.tools.functions),
            changed=sound.changed,
        )

    def _rejected(self, draft: Draft, flaw: Flaw, row_id: str, place: str) -> RejectedRow:
        return RejectedRow(
            source=self.source,
            source_id=row_id,
            place=place,
            reason=flaw.reason,
            detail=flaw.detail,
            calls=draft.read + draft.unread,
            calls_parsed=draft.read,
        )

    def _draft(self, record: Record) -> Draft:
        if record.flaw:
            raise UnsoundRowError("not_plain_json", record.flaw)
        draft = read_draft(record.value, self.format_name)
        if isinstance(record.value, dict):
            note_harm(record.value, self.format_name, draft)
        return draft

    def _check_new(self, row_id: str, record: Record, place: str) -> None:
        """Raise UnsoundRowError where another row had the id."""
        content = digest(record.value)
        before, there = self._seen.setdefault(row_id, (content, place))
        if there == place:
            return
        said = f"{row_id[:80]} is the id of {there} as well"
        raise UnsoundRowError("repeated_row" if before == content else "two_rows_one_id", said)
