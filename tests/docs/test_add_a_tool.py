"""The page on adding a tool, done in a copy of the project."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import DOCS, shown

PAGE = "add-a-tool.md"
PACKAGES = ("agentalign", "expectations", "flows", "schemas", "tasks")


def test_the_pages_tool_works(tmp_path: Path) -> None:
    """Entry, function and test go where the page says; the world's tests pass with the tool."""
    for package in (*PACKAGES, "tests/tasks/world", "tests/schemas/own_tools"):
        shutil.copytree(DOCS.parent / package, tmp_path / package)
    shutil.copy(DOCS.parent / "pyproject.toml", tmp_path)
    _append(tmp_path / "schemas/data/tools/communication.yaml", shown(PAGE, "entry"))
    module = tmp_path / "tasks/world/groups/communication/texts.py"
    text = module.read_text()
    assert "BEHAVIOURS = {\n" in text
    listed = text.replace("BEHAVIOURS = {\n", 'BEHAVIOURS = {\n    "bellbird_text": _bellbird,\n')
    place = listed.index("BEHAVIOURS = {")
    module.write_text(f"{listed[:place]}{shown(PAGE, 'function')}\n\n{listed[place:]}")
    tests = tmp_path / "tests/tasks/world/groups/test_communication.py"
    _append(tests, shown(PAGE, "test"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests),
         str(tmp_path / "tests/tasks/world/test_contract.py"), "-k", "bellbird or quiet or every"],
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert len(re.findall(r"\.", done.stdout.splitlines()[0])) >= 6


def _append(file: Path, text: str) -> None:
    file.write_text(f"{file.read_text()}\n\n{text}")
