"""Makes sure that a file or a folder is on disk."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Return once what is in a file, or which files are in a folder, outlives a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
