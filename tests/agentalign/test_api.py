from pathlib import Path

import pytest

import agentalign
from schemas.errors import BadInputError
from tasks.formats.versions import Version


def test_load_returns_a_versions_rows(version: Version, tmp_path: Path, secret: str) -> None:
    """Rows come back typed, by id, unmasked: a program trains on them."""
    rows = agentalign.load(version.name, tmp_path)
    assert [row.id for row in rows] == ["example-benign", "example-borderline", "example-harmful"]
    assert rows[2].messages[1].content == secret


def test_load_returns_a_split(version: Version, tmp_path: Path) -> None:
    """A split holds its own rows alone."""
    rows = agentalign.load(workspace=tmp_path, split="test")
    assert [row.id for row in rows] == ["example-harmful"]


def test_sample_draws_by_intent(version: Version, tmp_path: Path) -> None:
    """The newest version is the default."""
    (row,) = agentalign.sample(workspace=tmp_path, intent="borderline")
    assert row.intent == "borderline"


def test_export_writes_into_a_folder(version: Version, tmp_path: Path) -> None:
    """The manifest of what was written comes back."""
    manifest = agentalign.export(tmp_path / "out", workspace=tmp_path)
    assert manifest.rows_out == 3
    assert (tmp_path / "out" / manifest.files[0].name).exists()


def test_an_unknown_version_is_refused(version: Version, tmp_path: Path) -> None:
    """A wrong name raises what the command would print."""
    with pytest.raises(BadInputError, match="no version 'x'"):
        agentalign.load("x", tmp_path)
