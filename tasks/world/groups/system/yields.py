"""What a tool of a capability yields, read back out of its result."""

from functools import cache

from schemas.catalogue import load_catalogue
from schemas.dataflow import pick
from tasks.world.state import Record


def yield_of(capability: str, result: Record) -> str:
    """Return the text that a tool of a capability yields in its result; empty if none."""
    for path in _paths(capability):
        try:
            found = pick(result, path)
        except KeyError:  # another tool's result
            continue
        if isinstance(found, str):
            return found
    return ""


@cache
def _paths(capability: str) -> tuple[str, ...]:
    tools = load_catalogue().tools_for(capability)
    return tuple(path for tool in tools for path in tool.results.values())
