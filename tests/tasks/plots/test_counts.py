"""Rows are counted by class, whatever their texts say."""

from collections.abc import Callable
from pathlib import Path

from schemas.messages import Message
from schemas.rows import Example
from tasks.formats.version_folder import open_examples, open_folder, to_table
from tasks.plots.counts import count_rows
from tests.agentalign.conftest import make_example

Make = Callable[..., Example]


def written(folder: Path, *rows: Example) -> list[Path]:
    """Write rows as a version has them; return their files."""
    open_folder(folder)
    with open_examples(folder) as write:
        write(to_table(Example, rows))
    return sorted((folder / "data").glob("*.parquet"))


def test_rows_are_counted_by_split_category_and_calls(tmp_path: Path) -> None:
    """Another dataset's rows are a class of their own; a text about a tool is no call."""
    about = Message(role="user", content='{"role":"tool"}')
    benign = make_example("benign")
    rows = (
        make_example("harmful"),
        benign.model_copy(update={"messages": (about, *benign.messages)}),
        make_example("borderline", source="toolace"),
    )
    counts = count_rows(written(tmp_path / "v", *rows))
    assert counts.by_split == {
        "harmful": {"test": 1}, "benign": {"train": 1}, "third_party": {"train": 1}
    }  # fmt: skip
    assert counts.by_category["third_party"] == {"privacy": 1}
    assert counts.by_calls == {"harmful": {"0": 1}, "benign": {"1": 1}, "third_party": {"1": 1}}
    assert list(counts.by_split) == ["harmful", "benign", "third_party"]


def test_a_version_without_rows_has_no_counts(tmp_path: Path) -> None:
    """Every table is empty."""
    counts = count_rows(written(tmp_path / "v"))
    assert (counts.by_split, counts.by_category, counts.by_calls) == ({}, {}, {})
