"""The folder of a hub repository is whole: card, licence, shards, plots, and the same again."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.rows import Example
from tasks.formats.exporting import hub
from tasks.formats.exporting.manifest import ExportManifest
from tasks.formats.exporting.writing import export
from tasks.formats.version_folder import file_digests
from tasks.formats.versions import Version
from tasks.plots.drawing import PLOTS
from tests.tasks.formats.exporting.samples import row, untrained
from tests.tasks.report.conftest import audited, publish, version

__all__ = ["audited", "publish", "version"]

Write = Callable[..., ExportManifest]


@pytest.fixture
def write(audited: Version, tmp_path: Path) -> Write:
    """Return what exports the audited version's rows, and others, into `out`."""

    def written(*more: Example, name: str = "out", **facts: object) -> ExportManifest:
        manifest = audited.manifest.model_copy(update=facts)
        rows = [*audited.rows(Example), *more]
        return export(rows, Version(audited.folder, manifest), hub.FORMAT, tmp_path / name)

    return written


def card_of(folder: Path) -> tuple[dict[str, Any], str]:
    """Return a card's header and body."""
    _, header, body = (folder / "README.md").read_text().split("---\n", 2)
    return yaml.safe_load(header), body


def test_the_folder_is_what_the_hub_expects(write: Write, tmp_path: Path) -> None:
    """Names of shards are the hub's; a rehearsal's say that they are one, and find their split."""
    write(version="0123456789ab", rehearsal=False)
    assert sorted(file_digests(tmp_path / "out")) == sorted([
        "LICENSE", "README.md", "data/test-00000-of-00001.parquet",
        "data/train-00000-of-00001.parquet", "manifest.json", *(plot.file for plot in PLOTS),
    ])  # fmt: skip
    assert "Apache License" in (tmp_path / "out" / "LICENSE").read_text()
    write(name="rehearsal")
    header, body = card_of(tmp_path / "rehearsal")
    (config,) = header["configs"]
    assert config["data_files"][0] == {"split": "train", "path": "data/train-*.parquet"}
    assert (tmp_path / "rehearsal" / "data" / "train-rehearsal-00000-of-00001.parquet").is_file()
    assert body.split("\n\n")[1].startswith("**Not for training.**")


def test_the_same_version_is_the_same_bytes(write: Write, tmp_path: Path) -> None:
    """In another folder, and again in the same one; plots that the version lacks are drawn."""
    write()
    write(name="other")
    first = file_digests(tmp_path / "out")
    assert file_digests(tmp_path / "other") == first
    write()
    assert file_digests(tmp_path / "out") == first


def test_plots_are_the_versions_own(write: Write, audited: Version, tmp_path: Path) -> None:
    """Those that it was published with, if it has some."""
    (audited.folder / "plots").mkdir()
    (audited.folder / PLOTS[0].file).write_bytes(b"of then")
    write()
    assert (tmp_path / "out" / PLOTS[0].file).read_bytes() == b"of then"
    assert re.findall(r"!\[", card_of(tmp_path / "out")[1]) == ["!["]


def test_a_card_says_what_is_not_there(write: Write, tmp_path: Path) -> None:
    """Rows that were left out are counted on it; a whole export says nothing of that."""
    write()
    assert "Not all of it" not in card_of(tmp_path / "out")[1]
    turns = [untrained(turn) for turn in row().messages]
    write(row(*turns, split="train"), name="less")
    assert "**Not all of it.** 1 of the version's 4 rows are not" in card_of(tmp_path / "less")[1]


def test_a_version_without_an_audit_says_so(version: Version, tmp_path: Path) -> None:
    """What an early release published is exported all the same."""
    export(version.rows(Example), version, hub.FORMAT, tmp_path / "out")
    assert "made without an audit" in card_of(tmp_path / "out")[1]


def test_the_code_on_the_card_runs(write: Write, tmp_path: Path) -> None:
    """In the folder, as a reader would after a download."""
    write()
    loading, verifying = re.findall(r"```python\n(.*?)```", card_of(tmp_path / "out")[1], re.S)
    assert run(loading, tmp_path / "out").startswith("2 List({'role': Value('string')")
    assert run(verifying, tmp_path / "out") == "all files are as they were published\n"
    (tmp_path / "out" / "LICENSE").write_text("none")
    assert run(verifying, tmp_path / "out") == "['LICENSE']\n"


def run(code: str, folder: Path) -> str:
    """Run code in a folder; return what it prints."""
    own = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder.parent / "hf")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=os.environ | own,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
