"""The digest of everything that decides what the world does."""

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from schemas.ids import digest

ELSEWHERE = ("runner", "worker")
SHARED = ("actions.py", "dataflow.py", "ids.py", "data/capabilities.yaml")  # under schemas


@cache
def code_digest() -> str:
    """Return the digest of the world's sources, the tools and the capabilities.

    Runner and worker are left out: where calls run changes nothing of what they come to.
    """
    world, schemas = resources.files("tasks") / "world", resources.files("schemas")
    files = [*_files(world, ".py"), *_files(schemas / "data" / "tools", ".yaml")]
    files += [(name, (schemas / name).read_text("utf-8")) for name in SHARED]
    return digest(sorted(files))


def _files(folder: Traversable, suffix: str) -> list[tuple[str, str]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name not in ELSEWHERE:
            found += [(f"{entry.name}/{name}", text) for name, text in _files(entry, suffix)]
        elif entry.name.endswith(suffix):
            found.append((entry.name, entry.read_text("utf-8")))
    return found
