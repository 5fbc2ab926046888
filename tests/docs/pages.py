"""Reads pages of `docs/`: the files they show, and the commands they say to run."""

import re
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
