"""What an answer of the embedded model depends on besides the request."""

from functools import cache
from importlib.resources.abc import Traversable

from schemas.catalogue import load_catalogue
from schemas.ids import digest
from schemas.params import Rehearsal
from tasks.rehearsal.files import PACKAGE


def identity(rehearsal: Rehearsal, own_digest: str = "") -> str:
    """Return the digest of code, data and tool mappings, and of how the model is to behave.

    `own_digest` stands for the tools of a user's own that it knows; empty if there are none.
    """
    own = (own_digest,) if own_digest else ()
    return digest(_code(), _mappings(), rehearsal.model_dump(mode="json"), *own)


@cache
def _code() -> str:
    sources = {path: file.read_text("utf-8") for path, file in _sources(PACKAGE, "")}
    return digest(sources)


def _sources(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _sources(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith((".py", ".yaml")):
            found.append((prefix + entry.name, entry))
    return found


@cache
def _mappings() -> str:
    """Digest what a tool's entry in a request doesn't show: how it is filled and read."""
    catalogue = load_catalogue()
    needs = {c.id: c.model_dump(mode="json") for c in catalogue.capabilities.values()}
    shown = {"arguments", "results", "capability"}
    tools = {t.name: t.model_dump(mode="json", include=shown) for t in catalogue.tools.values()}
    return digest(needs, tools)
