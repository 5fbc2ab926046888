"""An export read back by the importer is the same conversation with the same tools."""

from pathlib import Path

import pytest

from schemas.base import JsonObject
from schemas.ids import canonical_json
from schemas.messages import Message
from schemas.rows import Example
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.importing.formats import read_record
from tasks.formats.versions import Version
from tests.consumers.exporting import export_as

pytestmark = pytest.mark.formats

# each format, the reader of it, and whether it tells trained turns from others
FORMATS = {
    "openai": ("openai", True),
    "trl": ("openai", False),
    "functionary": ("openai", True),
    "sharegpt": ("glaive-sharegpt", False),
    "agentalign": ("agentalign", False),
}


@pytest.mark.parametrize("format_name", FORMATS)
def test_what_was_exported_is_what_is_read(
    format_name: str, all_rows: tuple[Example, ...], version: Version, tmp_path: Path
) -> None:
    """Turns, calls with typed arguments, results in their places, and which turns are trained."""
    reader, tells = FORMATS[format_name]
    rows = {row.id.partition("-")[2]: row for row in all_rows}
    options = ExportOptions(reasoning="strip")
    exported = export_as(format_name, all_rows, version, tmp_path / "out", options)
    for record in exported.records:
        row = rows[record["id"].partition("-")[2]]
        sound = read_record(record, reader)
        assert _told(sound.messages, tells) == _told(row.messages, tells), row.id
        assert list(map(_named, sound.tools.functions)) == list(map(_named, row.tools)), row.id


def test_a_record_for_mistral_is_the_conversation_up_to_a_turn(
    all_rows: tuple[Example, ...], version: Version, tmp_path: Path
) -> None:
    """Its last turn is the one that is trained."""
    rows = {row.id: row for row in all_rows}
    options = ExportOptions(reasoning="strip")
    for record in export_as("mistral", all_rows, version, tmp_path / "out", options).records:
        row_id, _, turn = record["id"].rpartition("/")
        sound = read_record(record, "openai")
        wanted = rows[row_id].messages[: int(turn) + 1]
        assert _told(sound.messages, tells=False) == _told(wanted, tells=False)
        assert [m.train for m in sound.messages if m.role == "assistant"][-1] is True


Told = list[tuple[str, str, list[tuple[str, bytes]], bool]]


def _told(messages: tuple[Message, ...], tells: bool) -> Told:
    """Return a conversation without ids, which formats may give anew."""
    return [
        (
            message.role,
            (message.content or "").strip(),
            [(call.name, canonical_json(call.arguments)) for call in message.tool_calls],
            message.train if tells and message.role == "assistant" else True,
        )
        for message in messages
    ]


def _named(tool: JsonObject) -> tuple[object, object]:
    function = tool["function"]
    assert isinstance(function, dict)
    return function["name"], function.get("description")
