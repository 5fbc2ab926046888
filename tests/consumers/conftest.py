"""A version with every kind of row: a small build's own ones, and those made by hand."""

import subprocess
import sys
from pathlib import Path

import pytest

from schemas.rows import Example
from tasks.formats.versions import Version, open_version
from tests.consumers.rows import TRAINED, UNTRAINED


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the smallest dataset; return its workspace."""
    folder = tmp_path_factory.mktemp("workspace")
    command = ("-m", "agentalign", "build", "--profile", "smoke", "--workspace", str(folder))
    subprocess.run([sys.executable, *command], check=True, capture_output=True, timeout=250)
    return folder


@pytest.fixture(scope="session")
def version(workspace: Path) -> Version:
    """Return the version of that build."""
    (folder,) = (file.parent for file in (workspace / "versions").glob("*/manifest.json"))
    return open_version(folder)


@pytest.fixture(scope="session")
def rows(version: Version) -> tuple[Example, ...]:
    """Return rows of one split that are trained in all assistant turns, by id."""
    built = [row.model_copy(update={"split": "train"}) for row in version.rows(Example)]
    return tuple(sorted((*built, *TRAINED), key=lambda row: row.id))


@pytest.fixture(scope="session")
def all_rows(rows: tuple[Example, ...]) -> tuple[Example, ...]:
    """Return those rows and some with turns that are not to be trained, by id."""
    return tuple(sorted((*rows, *UNTRAINED), key=lambda row: row.id))
