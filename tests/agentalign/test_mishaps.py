"""A server that is gone, and one that is only busy."""

import socket

import pytest

from agentalign import mishaps
from agentalign.mishaps import ServerWatch, answers
from schemas.errors import ServerLostError


def closed_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_server_that_is_gone_is_told_after_a_few_looks() -> None:
    """The first miss may be a restart; looks that come too soon are none."""
    now = iter([10.0, 10.0, 11.0, 13.0, 13.0, 16.0, 16.0])
    watch = ServerWatch(f"http://127.0.0.1:{closed_port()}/api", clock=lambda: next(now))
    watch.check()
    watch.check()
    watch.check()
    with pytest.raises(ServerLostError, match="is gone; everything made so far is kept"):
        watch.check()


def test_a_server_that_is_busy_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection and says nothing for as long as anybody waits."""
    monkeypatch.setattr(mishaps, "_TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert answers(f"http://127.0.0.1:{listener.getsockname()[1]}/api")
