"""Versions of the store's schema and of the code."""

from functools import cache
from importlib import metadata

SCHEMA_VERSION = 5


@cache
def code_version() -> str:
    """Return the installed distribution's version."""
    return metadata.version("agentalign")
