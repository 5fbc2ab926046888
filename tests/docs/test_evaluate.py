"""The page on evaluating models, command by command."""

import re
from pathlib import Path

import pytest

from schemas.workspace import Workspace
from tasks.evaluating.figures import FIGURES
from tasks.evaluating.listing import list_evaluations
from tasks.evaluating.saying import FAULTS
from tests.docs.pages import DOCS, blocks, commands, run

PAGE = "evaluate.md"


@pytest.fixture(scope="module")
def told(prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Do all that the page says, in a folder of its own; return it, and all that was printed."""
    folder, printed = tmp_path_factory.mktemp("evaluate"), []
    for line in commands(PAGE):
        done = run(line, folder, prefect_api)
        assert done.returncode == 0, f"{line}\n{done.stderr[-2000:]}"
        printed.append(done.stdout)
    return folder, "\n".join(printed)


def test_what_the_page_shows_is_what_is_printed(told: tuple[Path, str]) -> None:
    """Every line of the shown outputs is there, but for digits and how wide it is."""
    printed = {_bare(line) for line in told[1].splitlines()}
    shown = [
        line for language, _, content in blocks(PAGE) if language == "text"
        for line in content.splitlines() if line.strip() and line != "…"
    ]  # fmt: skip
    assert [line for line in shown if _bare(line) not in printed] == []
    assert len(shown) > 20


def _bare(line: str) -> str:
    """Return a line without its digits and names, which differ from release to release."""
    words = re.sub(r"rehearsal-[0-9a-f]{12}", "NAME", line).split()
    return " ".join("N" if re.search(r"\d", word) else word for word in words)


def test_all_evaluations_of_the_page_are_there(told: tuple[Path, str]) -> None:
    """Three evaluations, the newest first, with the models that the page names."""
    found = list_evaluations(Workspace(told[0] / "workspace"))
    columns = [[column.key for column in each.columns] for each in found]
    assert columns == [
        ["heedful", "heedful+prompt", "heedful+guard"], ["rash", "timid"], ["rehearsal-brisk"],
    ]  # fmt: skip


def test_the_page_explains_every_figure_and_fault() -> None:
    """What the tables name is on the page."""
    page = (DOCS / PAGE).read_text("utf-8").lower()
    titles = [figure.title.lower() for figure in FIGURES]
    assert [title for title in titles if title not in page] == []
    assert [fault for fault in FAULTS if f"`{fault}`" not in page] == []
