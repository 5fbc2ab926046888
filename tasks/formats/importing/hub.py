"""Rows of a dataset on the hub, named `hf:owner/name` or `hf:owner/name@revision`."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import orjson

from schemas.base import JsonObject
from schemas.errors import BadInputError
from schemas.ids import digest
from tasks.doors.hub_datasets import stream_records
from tasks.formats.importing.formats import Reading, Row
from tasks.formats.importing.plain_json import TooDeepError, check_plain
from tasks.formats.importing.records import Record

Stream = Callable[[str, str | None], Iterable[JsonObject]]

PREFIX = "hf:"
_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*(?:@[\w./-]+)?")


def read_hub(
    name: str,
    format_name: str,
    *,
    source: str = "",
    licence: str = "",
    stream: Stream = stream_records,
) -> Iterator[Row]:
    """Yield what comes of each row of a dataset on the hub, as `read_rows` does of a file's.

    Raises: BadInputError for a name that is no id, or a dataset that can't be read.
    """
    reading = Reading(format_name, source or format_name, licence)
    dataset, revision = split_id(name)
    records = _records(stream(dataset, revision))
    return reading.rows(records, name, dataset.partition("/")[2], many=False)


def fetch_dataset(name: str, folder: Path, *, stream: Stream = stream_records) -> Path:
    """Write the records of a dataset into a folder within `folder`, once, and return it.

    The folder holds one file, a record a line, which `read_rows` reads. What is there already is
    not fetched again. Raises: BadInputError.
    """
    dataset, revision = split_id(name)
    into = folder / f"{dataset.replace('/', '--')}-{digest(dataset, revision)[:8]}"
    file = into / "records.jsonl"
    if file.exists():
        return into
    into.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".part")
    try:
        with draft.open("wb") as output:
            for number, record in enumerate(stream(dataset, revision), start=1):
                output.write(_write(record, f"{name}, row {number}") + b"\n")
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
        with suppress(OSError):
            into.rmdir()  # only if nothing came of it
    return into


def _write(record: JsonObject, place: str) -> bytes:
    try:
        return orjson.dumps(record, default=str)
    except orjson.JSONEncodeError as exc:
        raise BadInputError(f"{place} can't be kept as JSON: {exc}") from exc


def split_id(name: str) -> tuple[str, str | None]:
    """Return the id of a dataset and its revision, if one is named. Raises: BadInputError."""
    given = name.removeprefix(PREFIX)
    if not _ID.fullmatch(given):
        msg = (
            f"{name!r} is no dataset on the hub; name it as hf:owner/name or hf:owner/name@revision"
        )
        raise BadInputError(msg)
    dataset, _, revision = given.partition("@")
    return dataset, revision or None


def _records(values: Iterable[JsonObject]) -> Iterator[Record]:
    for number, value in enumerate(values, start=1):
        place = f"row {number}"
        try:
            check_plain(value)
        except TooDeepError as exc:
            yield Record(None, place, str(exc))
        else:
            yield Record(value, place)
