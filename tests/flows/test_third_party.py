"""Builds with rows of other datasets: mixed in, traced, and read again only if they changed."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import duckdb
import pytest

from agentalign.explaining.contents import gather
from agentalign.explaining.page import render
from agentalign.inspecting.entries import Asked, Entries
from agentalign.lineage import lineage_object
from agentalign.lookup import find_row, trace_row
from schemas.errors import BadInputError
from schemas.results import BuildResult
from schemas.rows import Audit, Dropped, Example, Imported
from schemas.workspace import Workspace
from tasks.composition import read_composition
from tasks.formats.version_folder import count_rows
from tasks.formats.versions import Version, open_version
from tasks.publish import write_card

Build = Callable[..., Awaitable[BuildResult]]
DATA = Path(__file__).parents[1] / "data"
AFTER_SELECTION = {"imports", "balance", "audit", "publish"}


def sets_of(folder: Path = DATA, target: int = 25, **more: float) -> list[str]:
    """Return settings that name two files of a folder as sources."""
    toolace = f"{{path: {folder / 'toolace.jsonl'}, format: toolace, licence: Apache-2.0}}"
    glaive = f"{{path: {folder / 'glaive_sharegpt.json'}, format: glaive-sharegpt, name: glaive}}"
    return [
        f"balance.third_party={target}",
        f"third_party.sources=[{toolace}, {glaive}]",
        *(f"third_party.{name}={value}" for name, value in more.items()),
    ]


def version_of(result: BuildResult) -> Version:
    """Return the version a build made."""
    return open_version(Path(result.path))


def ran(result: BuildResult) -> set[str]:
    """Return the stages that were no cache hit."""
    return {stage.stage for stage in result.stages if not stage.cache_hit}


async def test_all_three_classes_are_in_a_version(build: Build, workspace: Path) -> None:
    """Without a call; card, manifest and files say the same of them, and all are traced."""
    result = await build(workspace, *sets_of(), "third_party.harmful_share=1")
    assert result.rows == {"harmful": 30, "benign": 59, "third_party": 25}
    assert (result.calls.made, ran(result)) == (0, AFTER_SELECTION)
    version = version_of(result)
    counted = count_rows(version.folder)
    card = (version.folder / "README.md").read_text("utf-8")
    assert version.manifest.composition == counted
    assert {name: sum(splits.values()) for name, splits in counted.items()} == result.rows
    assert {
        name: {split: n for split, n in splits.items() if n}
        for name, splits in read_composition(card).items()
    } == counted
    assert result.by_category["benign"] == 59 + 25
    _check_sources(version)
    await asyncio.to_thread(_check_rows, version, workspace)  # an explanation runs a loop
    _check_lent_tools(version)


def _check_sources(version: Version) -> None:
    sources = {each.name: each for each in version.manifest.sources}
    assert {name: each.licence for name, each in sources.items()} == {
        "glaive": "",
        "toolace": "Apache-2.0",
    }
    assert sum(each.rows for each in sources.values()) == 25
    assert [file.name for file in sources["toolace"].files] == ["toolace.jsonl"]


def _check_rows(version: Version, workspace: Path) -> None:
    """Each third-party row leads to its imported row and file; what was left out to its place."""
    rows = [row for row in version.rows(Example) if row.row_class == "third_party"]
    imported = {row.id: row for row in version.rows(Imported)}
    assert {imported[row.response].messages == row.messages for row in rows} == {True}
    found = find_row(Workspace(workspace), rows[0].id)
    told = lineage_object(trace_row(found))
    assert told["import"]["source"] == rows[0].source  # type: ignore[index]  # an object
    assert [file["name"] for file in told["files"]] == [  # type: ignore[attr-defined]  # a list
        imported[rows[0].response].place.partition(",")[0]
    ]
    page = render(gather(Workspace(workspace), found, reveal=False))
    assert f"{imported[rows[0].response].place}" in page
    listed = Entries(version.kept()).find(Asked(values={"category": "third_party"}), 1)
    assert listed.count == 25
    assert all(entry.text and entry.tools for entry in listed.entries if entry.kind == "trajectory")
    left = [row for row in version.rows(Dropped) if row.category == "third_party"]
    assert {row.of_stage for row in left} == {"imports", "balance"}
    assert all(row.detail and row.by in ("rules", "selection") for row in left)
    passed = {each.name: each.total() for each in version.manifest.filters}
    in_all = passed["imports"].rows_in
    assert in_all == 25 + len(left)
    assert sum(passed["imports"].dropped.values()) == sum(r.of_stage == "imports" for r in left)


def _check_lent_tools(version: Version) -> None:
    """Foreign tools are refused as well, each list at most as often as it is helped with."""
    rows = version.rows(Example)
    lent = [row for row in rows if row.tools_of]
    lenders = {row.response: row for row in rows if row.row_class == "third_party"}
    assert lent
    assert {row.label for row in lent} == {"harmful"}
    assert len({row.tools_of for row in lent}) == len(lent)
    assert all(row.tools == lenders[row.tools_of].tools for row in lent)
    assert all(row.split == lenders[row.tools_of].split for row in lent)
    refused = len(lent) / (len(lent) + len(lenders))
    assert version.manifest.figures["foreign_tools_refused"] == pytest.approx(refused)


async def test_unchanged_files_are_hits_and_a_changed_one_is_read_again(
    build: Build, workspace: Path, tmp_path: Path
) -> None:
    """Content counts, not where it lies; what comes before the selection never runs again."""
    for name in ("toolace.jsonl", "glaive_sharegpt.json"):
        (tmp_path / name).write_bytes((DATA / name).read_bytes())
    first = await build(workspace, *sets_of())
    again = await build(workspace, *sets_of(tmp_path))
    assert (again.calls.made, ran(again), again.version) == (0, set(), first.version)
    lines = (DATA / "toolace.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "toolace.jsonl").write_bytes(b"".join(lines[:-1]))
    changed = await build(workspace, *sets_of(tmp_path))
    assert (changed.calls.made, ran(changed)) == (0, AFTER_SELECTION)


async def test_what_is_short_is_told(build: Build, workspace: Path) -> None:
    """A target that the files don't reach is no failure, and asks for no further block."""
    result = await build(workspace, *sets_of(target=1000))
    assert result.short == {"third_party": 1000 - result.rows["third_party"]}
    assert result.calls.made == 0
    figures = version_of(result).manifest.figures
    assert figures["ratio_benign_to_harmful"] == pytest.approx(59 / 30)


async def test_a_file_that_cannot_be_read_ends_a_build_at_once(
    build: Build, tmp_path: Path
) -> None:
    """Cut off on its last line, it is found before a model is asked."""
    for name in ("toolace.jsonl", "glaive_sharegpt.json"):
        (tmp_path / name).write_bytes((DATA / name).read_bytes())
    with (tmp_path / "toolace.jsonl").open("ab") as file:
        file.write(b'{"system": "cut')
    with pytest.raises(BadInputError, match=r"toolace\.jsonl, line 41"):
        await build(tmp_path / "w", *sets_of(tmp_path))
    with duckdb.connect(str(tmp_path / "w" / "store.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM calls").fetchall() == [(0,)]


def test_a_card_that_says_something_else_is_red(first: BuildResult, tmp_path: Path) -> None:
    """Counts of its table are held to those of the files beside it."""
    version = version_of(first)
    (audit,) = version.rows(Audit)
    (tmp_path / "data").symlink_to(version.folder / "data")
    assert write_card(tmp_path, version.manifest, audit) == []
    wrong = version.manifest.composition | {"third_party": {"train": 1}}
    (red,) = write_card(tmp_path, version.manifest.model_copy(update={"composition": wrong}), audit)
    assert red.startswith("card: composition_differences")
