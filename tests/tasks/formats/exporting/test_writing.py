import hashlib
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from schemas.errors import BadInputError, QualityError
from schemas.messages import Message
from schemas.rows import Example
from tasks.formats.exporting import agentalign, openai, trl
from tasks.formats.exporting.manifest import ExportManifest
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.registry import FORMATS, find_format
from tasks.formats.exporting.writing import export
from tests.tasks.formats.exporting.samples import (
    ASK,
    CALLED,
    DONE,
    REFUSED,
    SENT,
    harmful,
    row,
    thinking,
    untrained,
    version,
)


def test_splits_are_files_and_the_manifest_counts(tmp_path: Path) -> None:
    """A file per split that has rows; counts by split and class; digest and size are the file's."""
    rows = [row(), harmful(), row(source="toolace"), row(split="test")]
    manifest = export(rows, version("v1", rehearsal=True), openai.FORMAT, tmp_path)
    assert manifest.splits == {"train": "openai-v1-train.jsonl", "test": "openai-v1-test.jsonl"}
    assert {split: [*found] for split, found in manifest.rows.items()} == {
        "train": ["harmful", "benign", "third_party"],
        "test": ["benign"],
    }
    assert (manifest.rows_in, manifest.rows_out, manifest.records) == (4, 4, 4)
    assert (manifest.digest, manifest.rehearsal) == ("digest of v1", True)
    for file in manifest.files:
        content = (tmp_path / file.name).read_bytes()
        assert file.sha256 == hashlib.sha256(content).hexdigest()
        assert (file.bytes, file.records) == (len(content), content.count(b"\n"))
    written = (tmp_path / "manifest.json").read_bytes()
    assert ExportManifest.model_validate_json(written) == manifest


def test_rows_that_cannot_be_said_are_counted(tmp_path: Path) -> None:
    """Every row that came is in the files or among the withheld, by reason and class."""
    rows = [
        row(ASK, untrained(CALLED), SENT, untrained(DONE)),
        row(ASK, untrained(CALLED), SENT, DONE, source="glaive"),
        harmful(ASK, untrained(REFUSED)),
        row(ASK, Message(role="assistant", content=""), DONE),
        harmful(),
    ]
    manifest = export(rows, version(), trl.FORMAT, tmp_path)
    assert (manifest.rows_in, manifest.rows_out) == (5, 1)
    assert manifest.withheld == {
        "empty_turn": {"benign": 1},
        "nothing_trained": {"benign": 1, "harmful": 1},
        "untrained_turn": {"third_party": 1},
    }


def test_a_refusal_without_loss_is_not_taught_around(tmp_path: Path) -> None:
    """A harmful row whose calls are trained and whose refusal is not is withheld everywhere."""
    odd = harmful(ASK, CALLED, SENT, untrained(REFUSED), situation="revealed")
    for format in FORMATS.values():
        found = export([odd, row()], version(), format, tmp_path / format.name)
        assert found.withheld == {"refusal_untrained": {"harmful": 1}}


@pytest.mark.parametrize("messages", [(ASK,), (ASK, CALLED, SENT, REFUSED), (ASK, CALLED)])
def test_a_harmful_row_without_a_plain_refusal_stops_the_export(
    messages: tuple[Message, ...], tmp_path: Path
) -> None:
    """A request alone, or one that calls followed, never leaves, and nothing is left behind."""
    for format in FORMATS.values():
        with pytest.raises(QualityError, match="has to end in its refusal"):
            export([row(), harmful(*messages)], version(), format, tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    """An export may be repeated in its folder; it comes to the same."""
    for format in FORMATS.values():
        out = tmp_path / format.name
        first = export([row(), harmful()], version(), format, out)
        before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
        assert export([row(), harmful()], version(), format, out) == first
        assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_another_export_is_not_overwritten(tmp_path: Path) -> None:
    """A folder of another version or format is refused, and left as it was."""
    export([row()], version("v1"), openai.FORMAT, tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(BadInputError, match="export of v1 as openai, not of v2 as openai"):
        export([row()], version("v2"), openai.FORMAT, tmp_path)
    with pytest.raises(BadInputError, match="export of v1 as openai, not of v1 as trl"):
        export([row()], version("v1"), trl.FORMAT, tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_files_of_an_earlier_export_do_not_stay(tmp_path: Path) -> None:
    """What is exported again without a split has no file of it."""
    export([row(), row(split="test")], version(), openai.FORMAT, tmp_path)
    export([row()], version(), openai.FORMAT, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "manifest.json",
        "openai-v1-train.jsonl",
    ]


def test_a_manifest_of_an_earlier_release_is_known(tmp_path: Path) -> None:
    """Its version is compared, though it lists no files."""
    (tmp_path / "manifest.json").write_text('{"format": "agentalign", "version": "v0"}')
    with pytest.raises(BadInputError, match="holds an export of v0"):
        export([row()], version(), agentalign.FORMAT, tmp_path)


def test_a_file_of_somebody_is_not_overwritten(tmp_path: Path) -> None:
    """A file where one of the export's should be stops it, and stays, as all else does."""
    mine = tmp_path / "openai-v1-train.jsonl"
    mine.write_text("mine")
    with pytest.raises(BadInputError, match=r"holds openai-v1-train\.jsonl of something"):
        export([row()], version(), openai.FORMAT, tmp_path)
    assert [*tmp_path.iterdir()] == [mine]
    assert mine.read_text() == "mine"


@pytest.mark.parametrize(
    "text",
    ['{"name": "other"}', "[]", "no json", '{"format": "openai", "version": "v1", "beside": [1]}'],
)
def test_a_folder_of_something_else_is_refused(text: str, tmp_path: Path) -> None:
    """A manifest that isn't ours is not replaced."""
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(BadInputError, match="no export's"):
        export([row()], version(), openai.FORMAT, tmp_path)
    assert (tmp_path / "manifest.json").read_text() == text


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """A file in the way is told with what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInputError, match="give another folder with --out"):
        export([row()], version(), openai.FORMAT, tmp_path / "file")


def test_a_failed_export_leaves_the_one_before(tmp_path: Path) -> None:
    """What breaks off half-way changes nothing in the folder."""

    def break_off() -> Iterator[Example]:
        yield row(id="example-2")
        raise QualityError("broken off")

    export([row()], version(), openai.FORMAT, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(QualityError, match="broken off"):
        export(break_off(), version(), openai.FORMAT, tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_a_killed_export_left_is_no_part_of_the_next(tmp_path: Path) -> None:
    """Drafts have no manifest beside them, and make way."""
    (tmp_path / ".export.part").mkdir()
    (tmp_path / ".export.part" / "openai-v1-test.jsonl").write_text("{}")
    manifest = export([row()], version(), openai.FORMAT, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "manifest.json",
        manifest.files[0].name,
    ]


def test_an_export_without_rows_is_none(tmp_path: Path) -> None:
    """Where nothing can be said, the reasons are, and no folder is left."""
    with pytest.raises(QualityError, match="untrained_turn"):
        export([row(ASK, untrained(CALLED), SENT, DONE)], version(), trl.FORMAT, tmp_path / "o")
    assert not (tmp_path / "o").exists()


def test_thoughts_need_a_place(tmp_path: Path) -> None:
    """Kept ones withhold the row where there is none; an empty block is asked for in vain."""
    rows = [row(ASK, thinking(DONE)), row()]
    kept = export(rows, version(), openai.FORMAT, tmp_path / "kept")
    assert kept.withheld == {"no_place_for_thoughts": {"benign": 1}}
    stripped = ExportOptions(reasoning="strip")
    assert export(rows, version(), openai.FORMAT, tmp_path / "s", stripped).rows_out == 2
    with pytest.raises(BadInputError, match="openai has no place for thoughts"):
        export(rows, version(), openai.FORMAT, tmp_path / "e", ExportOptions(reasoning="empty"))


def test_what_is_left_out_may_tip_the_balance(tmp_path: Path) -> None:
    """A ratio outside its bounds, or one that moved, is warned of."""
    rows = [harmful(), row(), row(ASK, untrained(CALLED), SENT, DONE)]
    found = export(rows, version(), trl.FORMAT, tmp_path)
    assert (found.ratio.before, found.ratio.after) == (2.0, 1.0)
    assert ["moved" in warning for warning in found.warnings] == [True]
    (lacking,) = export([row()], version("v2"), trl.FORMAT, tmp_path / "none").warnings
    assert "no harmful row is left" in lacking
    (many,) = export([harmful(), *[row()] * 5], version(), trl.FORMAT, tmp_path / "m").warnings
    assert many.startswith("5.00 benign rows")


def test_records_are_lines_of_utf8(tmp_path: Path) -> None:
    """Nothing is escaped that need not be."""
    text = "für \u2028 Bären 🐻"
    manifest = export([row(ASK, DONE.model_copy(update={"content": text}))], version(),
                      openai.FORMAT, tmp_path)  # fmt: skip
    (line,) = (tmp_path / manifest.files[0].name).read_bytes().split(b"\n")[:-1]
    assert orjson.loads(line)["messages"][-1]["content"] == text


def test_an_unknown_format_is_answered_with_the_nearest() -> None:
    """A typo is told of."""
    with pytest.raises(BadInputError, match="did you mean 'openai'"):
        find_format("open-ai")
