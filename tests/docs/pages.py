"""Reads pages of `docs/`: the files they show, and the commands they say to run; runs these."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> list[tuple[str, str, str]]:
    """Return language, name (empty if it has none) and content of each block of a page."""
    return BLOCK.findall((DOCS / page).read_text("utf-8"))


def shown(page: str, name: str) -> str:
    """Return the one block of a page that has a name."""
    (found,) = [content for _, given, content in blocks(page) if given == name]
    return found


def commands(page: str) -> list[str]:
    """Return the command lines of a page's console blocks, in order."""
    consoles = [content for language, _, content in blocks(page) if language == "console"]
    return [line[2:] for text in consoles for line in text.splitlines() if line.startswith("$ ")]


def run(line: str, folder: Path, api: str) -> subprocess.CompletedProcess[str]:
    """Run an `agentalign` command of a page in a folder, on a Prefect server that is there."""
    program, *arguments = shlex.split(line)
    assert program == "agentalign"
    return subprocess.run(
        [sys.executable, "-m", "agentalign", *arguments],
        cwd=folder, env=os.environ | {"PREFECT_API_URL": api}, timeout=280,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
