"""Reads the data of other projects that lies beside this file."""

import json
from pathlib import Path
from typing import Any


def load_rows(name: str) -> list[dict[str, Any]]:
    """Return a file's rows as their project wrote them, each with the tools it offers."""
    packed = json.loads(Path(__file__).with_name(f"{name}.json").read_text("utf-8"))
    return [{**row, "tools": [packed["tools"][n] for n in row["tools"]]} for row in packed["rows"]]


def load_tools(name: str) -> list[dict[str, Any]]:
    """Return all tools of a file, as OpenAI functions."""
    packed = json.loads(Path(__file__).with_name(f"{name}.json").read_text("utf-8"))
    return list(packed["tools"].values())


def load_foreign(name: str) -> list[dict[str, Any]]:
    """Return the rows of a file that is as another project wrote it: a list, or a row a line."""
    text = Path(__file__).with_name(name).read_text("utf-8")
    found = json.loads(text) if name.endswith(".json") else map(json.loads, text.splitlines())
    return list(found)
