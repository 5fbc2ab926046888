"""A card is one that the hub's library reads, says what it must, and its code runs."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from schemas.results import Manifest
from schemas.third_party import ForeignFile, SourceCount
from tasks.card.layout import HUB_FOLDER, VERSION_FOLDER, Layout
from tasks.composition import read_composition
from tasks.formats.version_folder import file_digests
from tasks.formats.versions import Version
from tasks.plots.drawing import PLOTS
from tests.tasks.card.conftest import Render


def header(card: str) -> dict[str, Any]:
    """Return what the hub's library reads of a card's header."""
    from huggingface_hub import DatasetCard

    fields: dict[str, Any] = DatasetCard(card).data.to_dict()  # type: ignore[no-untyped-call]
    return fields


def body(card: str) -> str:
    """Return what follows a card's header."""
    return card.split("\n---\n", 1)[1]


def test_the_hubs_library_reads_the_card(render: Render) -> None:
    """Header and body come out as they went in, and again when they are written once more."""
    from huggingface_hub import DatasetCard

    card = DatasetCard(render())
    assert header(render())["license"] == "apache-2.0"
    assert header(render())["extra_gated_fields"]["Affiliation"] == "text"
    assert card.text == body(render())
    assert header(str(card)) == header(render())
    assert str(card) == render()


def test_a_rehearsal_says_first_that_it_is_not_for_training(render: Render) -> None:
    """It is the first line after the name, and a tag; other versions have no such line."""
    card = render(rehearsal=True)
    name, first = [line for line in body(card).splitlines() if line][:2]
    assert name.startswith("# ")
    assert first.startswith("**Not for training.**")
    assert "- not-for-training\n" in card
    assert "ot for training" not in render(rehearsal=False)


def test_a_card_says_what_the_data_is_and_is_not_for(render: Render, manifest: Manifest) -> None:
    """It has each part that people look for, the paper and the digest."""
    card = render()
    headings = re.findall(r"^## (.*)$", card, re.M)
    assert headings == [
        "What it is for", "What is in it", "How good it is", "Known limits", "How it was made",
        "Safety", "Licences", "Citation", "Load and verify",
    ]  # fmt: skip
    assert "It is not for:" in card
    assert "2505.23020" in card.partition("## Citation")[2]
    assert manifest.digest in card
    assert "| AgentAlign, own rows | Apache-2.0 | 3 |" in card


def test_counts_are_those_of_the_manifest(render: Render) -> None:
    """Rows by class, by what they were written as, and by situation stand in tables."""
    card = render()
    assert "| harmful | 1 |" in card
    assert "| borderline | 1 |" in card
    assert "| class | borderline | plain |" in card
    assert "| benign | 1 | 1 |" in card
    assert "| call repeated | 20 | 18 | 0.699\u20130.972 |" in card


def test_other_datasets_are_credited(render: Render) -> None:
    """Name, licence and files of each that has rows are on the card, and its header has all."""
    file = ForeignFile(name="toolace.json", sha256="f" * 64)
    source = SourceCount(name="toolace", licence="CC-BY-4.0", rows=2, files=(file,))
    composition = {"benign": {"train": 2}, "third_party": {"train": 2}}
    card = render(sources=(source,), composition=composition)
    assert f"| toolace | CC-BY-4.0 | 2 | toolace.json `{'f' * 64}` |" in card
    assert header(card)["license"] == ["apache-2.0", "cc-by-4.0"]
    assert header(card)["source_datasets"] == ["original", "extended"]
    assert read_composition(card)["third_party"] == {"train": 2, "validation": 0, "test": 0}
    assert "schemas of those tools are under that dataset's licence" in card
    assert "tools_of" not in render()


def test_pictures_that_there_are_are_shown(render: Render) -> None:
    """By links relative to the card, each once; without plots no link is broken."""
    linked = re.findall(r"!\[[^]]+\]\((.*?)\)", render(PLOTS))
    assert linked == [plot.file for plot in PLOTS]
    assert "![" not in render()


def test_a_table_is_set_off_from_what_surrounds_it(render: Render) -> None:
    """An empty line before and after, else it is shown as text."""
    lines = render(PLOTS).splitlines()
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        if line.startswith("|"):
            assert (before + after).strip() == "" or before[:1] in ("", "|")
            assert after[:1] in ("", "|")
        if line.startswith("!["):
            assert (before, after) == ("", "")


@pytest.mark.parametrize(
    ("layout", "path"),
    [(VERSION_FOLDER, "data/test.parquet"), (HUB_FOLDER, "data/test-*.parquet")],
)
def test_each_layout_names_its_files(render: Render, layout: Layout, path: str) -> None:
    """The hub finds the file of a split by the header."""
    (config,) = header(render((), layout))["configs"]
    assert {"split": "test", "path": path} in config["data_files"]
    # of a split without rows the hub's readers make an error
    assert [each["split"] for each in config["data_files"]] == ["train", "test"]


def test_the_code_on_the_card_runs(render: Render, audited: Version) -> None:
    """In the version's folder it reads the rows, and tells a file that was altered."""
    folder = audited.folder
    (folder / "README.md").write_text(render())
    loading, verifying = re.findall(r"```python\n(.*?)```", render(), re.S)
    files = {name: sha for name, sha in file_digests(folder).items() if name != "manifest.json"}
    whole = audited.manifest.model_copy(update={"files": files})
    (folder / "manifest.json").write_text(whole.model_dump_json())
    assert run(loading, folder).startswith("2 ['id', 'slot', 'label'")
    assert run(verifying, folder) == "all files are as they were published\n"
    (folder / "lineage" / "chains.parquet").write_bytes(b"")
    assert run(verifying, folder) == "['lineage/chains.parquet']\n"


def run(code: str, folder: Path) -> str:
    """Run code in a folder; return what it prints."""
    own = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / ".cache")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=os.environ | own,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
