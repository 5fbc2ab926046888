from pathlib import Path

import pytest

from schemas.errors import BadInputError
from tasks.report.page import MARK
from tasks.report.writing import check_target, write_page


def test_an_earlier_report_is_replaced(tmp_path: Path) -> None:
    """A file that says that it is a report may be written again; no draft is left."""
    out = tmp_path / "report.html"
    for text in (f"{MARK} one", f"{MARK} two"):
        check_target(out)
        write_page(text, out)
    assert out.read_text("utf-8") == f"{MARK} two"
    assert [*tmp_path.iterdir()] == [out]


def test_any_other_file_is_left_alone(tmp_path: Path) -> None:
    """What is no report is not overwritten."""
    out = tmp_path / "thesis.html"
    out.write_text("years of work", "utf-8")
    with pytest.raises(BadInputError, match="is no report"):
        check_target(out)


def test_places_that_take_no_file_are_named(tmp_path: Path) -> None:
    """A folder, and a file below a folder that isn't there, are refused with what to do."""
    with pytest.raises(BadInputError, match=r"name a file in it, e\.g\. --out"):
        check_target(tmp_path)
    with pytest.raises(BadInputError, match="is no folder; make it first"):
        check_target(tmp_path / "missing" / "report.html")


def test_a_page_that_can_t_be_written_leaves_nothing(tmp_path: Path) -> None:
    """The message says why, and the earlier file stays as it was."""
    out = tmp_path / ("x" * 250 + ".html")  # a draft's name is too long for the file system
    with pytest.raises(BadInputError, match="can't be written"):
        write_page(MARK, out)
    assert [*tmp_path.iterdir()] == []
