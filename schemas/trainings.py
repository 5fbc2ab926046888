"""Training runs that used a version."""

from schemas.base import Declared


class Training(Declared):
    """A run in MLflow that trained on a version."""

    version: str
    run: str  # its id
    name: str
    tracking: str = ""  # where MLflow has it, without a password; empty: in the workspace
    by: str
    at: str  # when it was linked: UTC, to the second
