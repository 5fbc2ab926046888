from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

import agentalign
from schemas.rows import Example
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.version_folder import open_examples, to_table
from tasks.formats.versions import Version
from tests.tasks.formats.exporting.samples import ASK, DONE, SENT, TOLD, harmful, row

Command = Callable[..., tuple[int, str, str]]


def test_export_writes_a_version(version: Version, command: Command, tmp_path: Path) -> None:
    """Rows and a manifest lie in the folder; counts are said by split and class."""
    out = tmp_path / "out"
    code, said, err = command("export", version.name, "--format", "openai", "--out", str(out))
    assert code == 0, err
    assert "3 of 3 rows in" in said
    assert "rehearsal data: nothing to train a model on" in said
    assert (out / f"openai-{version.name}-train.jsonl").exists()
    assert (out / f"openai-{version.name}-test.jsonl").exists()


def test_export_writes_the_released_format_unless_told(
    version: Version, command: Command, tmp_path: Path
) -> None:
    """It is one file of all splits."""
    assert command("export", version.name, "--out", f"{tmp_path}/out")[0] == 0
    assert (tmp_path / "out" / f"agentalign-{version.name}.json").exists()


def test_export_says_its_manifest_as_json(
    version: Version, command: Command, tmp_path: Path
) -> None:
    """What is printed is what stands in the folder."""
    _, said, _ = command("export", version.name, "--out", f"{tmp_path}/out", "--json")
    assert orjson.loads(said) == orjson.loads((tmp_path / "out" / "manifest.json").read_bytes())


def test_export_says_why_rows_are_withheld(
    version: Version, command: Command, tmp_path: Path
) -> None:
    """A sentence for each reason, with the classes, and what may be done."""
    rows = [harmful(id="example-1"), row(id="example-2"),
            row(ASK, TOLD, SENT, DONE, id="example-3")]  # fmt: skip
    with open_examples(version.folder) as write:
        write(to_table(Example, rows))
    at = ("export", version.name, "--format", "mistral", "--out")
    _, said, _ = command(*at, f"{tmp_path}/a")
    assert "2 of 3 rows in" in said
    assert "as 3 records" in said
    assert "withheld: 1 row (1 benign), because a turn has text and calls" in said
    assert "warning: what was left out moved" in said
    _, said, _ = command(*at, f"{tmp_path}/b", "--beside-calls", "drop")
    assert "left out of 1 turns: text beside calls" in said


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--format", "shargpt"), "did you mean 'sharegpt'"),
        (("--max-tokens", "100"), "--max-tokens counts by a tokenizer"),
        (("--tokenizer", "nowhere"), "it has to be a local folder"),
        (("--format", "mistral", "--reasoning", "empty"), "no place for thoughts"),
    ],
)
def test_export_says_what_cannot_be_done(
    options: tuple[str, ...], told: str, version: Version, command: Command, tmp_path: Path
) -> None:
    """A line that says what to do; nothing is written."""
    code, _, err = command("export", version.name, "--out", f"{tmp_path}/out", *options)
    assert code == 2
    assert told in err
    assert not (tmp_path / "out").exists()


def test_export_leaves_another_versions_folder_alone(
    publish: Callable[..., Version], command: Command, tmp_path: Path
) -> None:
    """Its rows would be taken for this one's."""
    first, second = publish("rehearsal-111111111111"), publish("rehearsal-222222222222")
    assert command("export", first.name, "--out", f"{tmp_path}/out")[0] == 0
    code, _, err = command("export", second.name, "--out", f"{tmp_path}/out")
    assert code == 2
    assert f"holds an export of {first.name}" in err


def test_export_takes_options_in_python(version: Version, tmp_path: Path) -> None:
    """They are noted in the manifest that comes back."""
    manifest = agentalign.export(
        tmp_path / "o", workspace=tmp_path, format="trl", options=ExportOptions(reasoning="strip")
    )
    assert manifest.options["reasoning"] == "strip"
