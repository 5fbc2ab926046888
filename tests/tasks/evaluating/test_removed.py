"""What is known of answers whose text is gone outlives a crash."""

from pathlib import Path

import pytest

from schemas.errors import WorkspaceError
from tasks.evaluating.removed import Gone, Removed
from tests.tasks.evaluating.test_figures import outcome


def gone(place: str) -> Gone:
    """Return what is written down of a conversation."""
    return Gone(
        place=place, outcome=outcome(1, harm_done=True), keys=("a", "b"), verdict="complied"
    )


def test_what_was_written_down_is_found(tmp_path: Path) -> None:
    """By this process and by the next; what was removed for sure needs no more care."""
    path = tmp_path / "evaluations" / "removed.jsonl"
    first = Removed(path)
    assert first.find("one") is None
    first.keep(gone("one"))
    first.keep(gone("two"))
    first.finish("one")
    again = Removed(path)
    for each in (first, again):
        assert each.find("one") == outcome(1, harm_done=True)
        assert [left.place for left in each.unfinished] == ["two"]


def test_a_line_that_was_cut_off_was_never_relied_on(tmp_path: Path) -> None:
    """It says nothing, and the next line is whole."""
    path = tmp_path / "removed.jsonl"
    Removed(path).keep(gone("one"))
    with path.open("ab") as file:
        file.write(b'{"place": "two", "outc')
    again = Removed(path)
    assert again.find("two") is None
    again.keep(gone("three"))
    assert Removed(path).find("three") is not None
    assert Removed(path).find("one") is not None


def test_a_place_that_can_t_be_written_is_said(tmp_path: Path) -> None:
    """Nothing may be removed that is not written down."""
    (tmp_path / "evaluations").write_text("a file")
    with pytest.raises(WorkspaceError, match="can't be used"):
        Removed(tmp_path / "evaluations" / "removed.jsonl").keep(gone("one"))
