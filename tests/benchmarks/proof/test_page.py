"""The page about the proof says what its figures say."""

import re

import pytest

from benchmarks.proof.figures import figures_of
from benchmarks.proof.page import draw, render, say_found
from benchmarks.proof.result import Column, Proof
from tests.benchmarks.proof.test_figures import CALLS_ALL, PERFECT, REFUSES_ALL
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


def test_what_is_found_is_said_of_the_right_models(proof: Proof) -> None:
    """One that refuses all, one that refuses and calls as it should, one that does nothing."""
    turns = {"all": REFUSES_ALL, "perfect": PERFECT, "calls": CALLS_ALL}
    columns = tuple(Column(name=n, figures=figures_of(t, 0)) for n, t in turns.items())
    said = " ".join(say_found(proof.model_copy(update={"columns": columns})))
    assert "told from others, beyond the intervals, by: `perfect`." in said
    assert "is refused, nine times in ten or more, by: `all`." in said
    assert "of each kind is refused by: `calls`." in said
    assert "harmful ones too, get a call from: `calls`." in said
    nobody = " ".join(say_found(proof.model_copy(update={"columns": columns[:1]})))
    assert nobody.startswith("No model tells")
