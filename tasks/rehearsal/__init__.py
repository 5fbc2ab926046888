"""The embedded model: an OpenAI-compatible app that needs no network and no key."""

from tasks.rehearsal.app import create_app
from tasks.rehearsal.identity import identity

__all__ = ["create_app", "identity"]
