"""A user's own tools: read from a file, normalised, mapped to capabilities."""

from schemas.own_tools.model import OwnTools

__all__ = ["OwnTools"]
