"""The embedded model's own files: what it says, as YAML."""

from functools import cache
from importlib import resources
from typing import Any

import yaml

from schemas.errors import DataFileError

PACKAGE = resources.files("tasks.rehearsal")
Data = dict[str, Any]


@cache
def load_data(name: str) -> Data:
    """Return `data/<name>.yaml`. Raises: DataFileError."""
    file = PACKAGE / "data" / f"{name}.yaml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return dict(yaml.load(file.read_text("utf-8"), Loader=loader))
    except (OSError, TypeError, ValueError, yaml.YAMLError) as exc:
        msg = f"{file} can't be read: {exc}; restore it from the distribution"
        raise DataFileError(msg) from exc
