import json
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from agentalign.serving import serve
from schemas.errors import BadInputError


def test_a_port_that_is_taken_is_told() -> None:
    """A port somebody listens on is one line with what to do."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(BadInputError, match=f"port {port} can't be taken .*--port"):
            serve(port, seed=0)


def test_the_embedded_model_answers_on_loopback() -> None:
    """What the command prints is the address of an OpenAI-compatible endpoint; Ctrl-C ends it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "agentalign", "serve-rehearsal", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        assert server.stdout is not None
        address = f"http://127.0.0.1:{port}/v1"
        try:
            assert address in server.stdout.readline().decode()
            with urllib.request.urlopen(f"{address}/models", timeout=20) as answer:
                assert json.load(answer)["data"]
            server.send_signal(signal.SIGINT)
            _, err = server.communicate(timeout=20)
        finally:
            server.kill()
    assert b"Traceback" not in err
