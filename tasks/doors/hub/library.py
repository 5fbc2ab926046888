"""How the hub's library is set, which it reads from the environment when it is imported."""

import os

_ENVIRONMENT = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_XET": "1",  # one way of uploading, the one that is tested
}


def set_up_library() -> None:
    """Set the library up; called before it is imported."""
    os.environ.update(_ENVIRONMENT)
