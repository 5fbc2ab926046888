"""How the hub's library is set: it tells nobody of its use, shows no bars, and waits no longer."""

import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

_ENVIRONMENT = {  # read at import
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_XET": "1",  # one way of uploading, the one that is tested
}
CONNECT_TIMEOUT_S, TIMEOUT_S = 10.0, 120.0


def set_up_library() -> None:
    """Set the library up before it is imported, or by hand if somebody has imported it before."""
    os.environ.update(_ENVIRONMENT)
    from huggingface_hub import constants

    constants.HF_HUB_DISABLE_TELEMETRY = True
    constants.HF_HUB_DISABLE_XET = True


def set_up_client() -> None:
    """Let requests end after a while, which by themselves they don't; no address is logged.

    Where files are sent to is a signed address: who has it may write. No bars are drawn.
    """
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]  # untold

    for name in ("huggingface_hub", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.ERROR)
    disable_progress_bars()
    set_client_factory(_make_client)


def _make_client() -> "httpx2.Client":
    import httpx2

    timeout = httpx2.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    return httpx2.Client(follow_redirects=True, timeout=timeout)
