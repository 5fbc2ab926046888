"""The page on living with versions, command by command."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.workspace import Workspace
from tasks.formats.versions import list_versions
from tests.docs.pages import blocks, run

PAGE = "versions.md"
SHOWN = "rehearsal-d193"
UNITS = ("s", "min")  # of ages


@pytest.fixture(scope="module")
def told(prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Do all that the page says, in a folder of its own; return it, and what each line printed."""
    folder = tmp_path_factory.mktemp("versions")
    printed: dict[str, str] = {}
    for language, name, content in blocks(PAGE):
        for line in content.splitlines() if language == "console" else ():
            done = run(_named(line[2:], folder), folder, prefect_api)
            printed[line[2:]] = done.stdout + done.stderr
            expected = 1 if name == "refused" else 0
            assert done.returncode == expected, f"{line}\n{printed[line[2:]][-2000:]}"
    return folder, printed


def _named(line: str, folder: Path) -> str:
    """Return a command with the first version's name in the place of the one that is shown."""
    if SHOWN not in line:
        return line
    return line.replace(SHOWN, list_versions(Workspace(folder / "workspace"))[-1].name)


def test_what_the_page_shows_is_what_is_printed(told: tuple[Path, dict[str, str]]) -> None:
    """Every line of the shown outputs is there, but for digits and what a terminal lays out."""
    printed = {_bare(line) for said in told[1].values() for line in said.splitlines()}
    shown = [
        line for language, _, content in blocks(PAGE) if language == "text"
        for line in content.splitlines() if line.strip() and not line.startswith("mlflow")
    ]  # fmt: skip
    assert [line for line in shown if line != "…" and _bare(line) not in printed] == []
    assert len(shown) > 25


def _bare(line: str) -> str:
    """Return a line without what differs from time to time and release to release."""
    named = re.sub(r"rehearsal-[0-9a-f]+", "VERSION", line)
    words = re.sub(r"green|\d+ warnings?", "GATE", named).split()
    return " ".join("N" if re.search(r"\d", word) else word for word in words if word not in UNITS)


def test_the_second_build_asks_no_model(told: tuple[Path, dict[str, str]]) -> None:
    """It selects anew, as the page says."""
    assert " 0 made" in told[1]["agentalign build --profile smoke --set balance.harmful=20"]


def test_the_snippet_of_the_page_runs(told: tuple[Path, dict[str, str]]) -> None:
    """It reads the version that the alias points to."""
    (code,) = [content for language, _, content in blocks(PAGE) if language == "python"]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=told[0], capture_output=True, text=True, check=True
    )
    assert re.match(r"\d+ \S", done.stdout)


def test_all_is_still_there_in_both_places(told: tuple[Path, dict[str, str]]) -> None:
    """Nothing that an alias points to was collected, and the backup has it too."""
    here, there = (list_versions(Workspace(told[0] / name)) for name in ("workspace", "elsewhere"))
    assert [version.name for version in here] == [version.name for version in there]
    assert len(here) == 2
