"""Rows of other datasets stand apart on the page: a class, with sources and licences."""

import re
from collections.abc import Callable

import pytest

from schemas.third_party import ForeignFile, SourceCount
from tasks.formats.versions import Version, open_version
from tasks.report.contents import gather
from tasks.report.page import render

OF_TOOLACE = {
    "source": "toolace", "licence": "Apache-2.0", "source_id": "line 3", "intent": "benign",
    "category": "third_party", "subcategory": "toolace", "binding": "", "instruction": "",
    "response": "import-1", "chain": "family-1", "pattern": ("send_note",), "grounding": "given",
}  # fmt: skip
SOURCES = (
    SourceCount(name="others", licence="", rows=0),
    SourceCount(
        name="toolace", licence="Apache-2.0", rows=1,
        files=(ForeignFile(name="toolace.json", sha256="ab" * 32),),
    ),
)  # fmt: skip


@pytest.fixture
def mixed(audited: Version, rewrite: Callable[..., None]) -> Version:
    """Return a version of which one row is of another dataset."""
    rewrite("example-borderline", **OF_TOOLACE)
    changed = {"sources": SOURCES, "rows": {"harmful": 1, "benign": 1, "third_party": 1}}
    manifest = audited.manifest.model_copy(update=changed)
    (audited.folder / "manifest.json").write_text(manifest.model_dump_json(), "utf-8")
    return open_version(audited.folder)


def text_of(version: Version) -> str:
    """Return the page without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", render(gather(version, reveal=False))).split())


def test_they_are_a_class_of_their_own(mixed: Version) -> None:
    """Counted apart from what is helped with, by what they are."""
    contents = gather(mixed, reveal=False)
    rows = {label: sum(k.rows for k in kinds) for label, kinds in contents.kinds.items()}
    assert rows == {"harmful": 1, "benign": 1, "third_party": 1}
    assert {k.word.name for k in contents.kinds["third_party"]} == {"calls tools"}
    assert contents.chains == 1
    assert "1 in help, 1 come from other datasets" in text_of(mixed)


def test_sources_are_named_with_licence_and_file(mixed: Version) -> None:
    """One whose licence nobody stated says so."""
    page = text_of(mixed)
    assert "toolace Apache-2.0 1 toolace.json abababababab" in page
    assert "others nobody stated one 0" in page
    assert "from toolace (Apache-2.0), line 3" in page


def test_our_tools_are_told_of_our_rows(mixed: Version, audited: Version) -> None:
    """Foreign tools would fill the table of tools a thousand times over."""
    helped = [used.rows_helped for used in gather(mixed, reveal=False).usage.tools]
    assert helped == [1]
    assert audited.manifest.sources == ()
