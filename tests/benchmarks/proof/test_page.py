"""The page about the proof says what its figures say."""

import re

import pytest

from benchmarks.proof.page import draw, render
from benchmarks.proof.result import Proof
from tests.docs.pages import DOCS

LARGEST_PICTURE = 80 * 1024


@pytest.fixture(scope="module")
def proof() -> Proof:
    return Proof.model_validate_json((DOCS / "proof.json").read_bytes())


def test_the_page_is_that_of_its_figures(proof: Proof) -> None:
    """Nobody has changed a number by hand."""
    assert render(proof) == (DOCS / "proof.md").read_text("utf-8")


def test_the_picture_is_that_of_its_figures(proof: Proof) -> None:
    """It is a PNG of a size that a page can carry, and the figures can be drawn."""
    shipped = (DOCS / "proof.png").read_bytes()
    assert shipped.startswith(b"\x89PNG")
    assert len(shipped) <= LARGEST_PICTURE
    assert draw(proof).startswith(b"\x89PNG")


def test_all_arms_are_there(proof: Proof) -> None:
    """Before, and each ratio with its rows, all trained in as many steps."""
    assert [column.name for column in proof.columns] == ["before", "1:0", "1:1", "1:2", "1:4"]
    arms = [column for column in proof.columns if column.trained]
    assert {column.harmful + column.benign for column in arms} == {proof.settings.rows}
    assert {column.trained.steps for column in arms if column.trained} == {proof.settings.steps}


def test_a_rehearsal_is_said_first(proof: Proof) -> None:
    """Figures of the embedded model's rows are labelled before any of them is read."""
    begin = render(proof.model_copy(update={"rehearsal": True})).split("\n\n")[1]
    assert begin.startswith("**Rehearsal data")
    real = render(proof.model_copy(update={"rehearsal": False}))
    assert "**Rehearsal data" not in real
    assert "--rehearsal" not in real


def test_tables_are_whole(proof: Proof) -> None:
    """Every line of a table has as many cells as its head."""
    tables = re.findall(r"(?:^\|.*\|\n)+", render(proof), re.MULTILINE)
    assert len(tables) == 3
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1
