"""Versions of the store's schema and of the code."""

from importlib import metadata

SCHEMA_VERSION = 4


def code_version() -> str:
    """Return the installed distribution's version."""
    return metadata.version("agentalign")
