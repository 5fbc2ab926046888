"""What is asked of a running server, against one that only notes it."""

import io
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from agentalign.building import use_running_server
from agentalign.operating.lost_runs import report_lost_runs
from agentalign.operating.record import Record, new_record, save_record
from agentalign.operating.running import find_up
from schemas.workspace import Workspace

Heard = list[tuple[str, Any]]


class Server(ThreadingHTTPServer):
    """Answers as a Prefect server with two runs under way would; notes what it is told."""

    heard: Heard


class Handler(BaseHTTPRequestHandler):
    """Its answers."""

    server: Server

    def do_GET(self) -> None:
        """It is healthy."""
        self._answer(True)

    def do_POST(self) -> None:
        """List the runs; take any state."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.heard.append((self.path, body))
        self._answer([{"id": "a"}, {"id": "b"}] if self.path.endswith("/filter") else {})

    def _answer(self, content: object) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve on a free port."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.heard = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def record(server: Server) -> Record:
    """The record of an `up` at that server."""
    return new_record("127.0.0.1", server.server_address[1], 1)


def test_a_build_reports_to_a_server_that_is_up(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says which; a server that the user names comes first."""
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect.example/api")
    save_record(Workspace(tmp_path), record)
    said = io.StringIO()
    use_running_server(Workspace(tmp_path), Console(file=said))
    assert os.environ["PREFECT_API_URL"] == "http://prefect.example/api"
    monkeypatch.delenv("PREFECT_API_URL")
    use_running_server(Workspace(tmp_path), Console(file=said))
    assert os.environ["PREFECT_API_URL"] == record.api_url
    assert record.api_url.removesuffix("/api") in said.getvalue()


def test_an_up_that_does_not_answer_is_none(record: Record, server: Server, tmp_path: Path) -> None:
    """A build then has a server of its own."""
    workspace = Workspace(tmp_path)
    assert find_up(workspace) is None
    save_record(workspace, record)
    assert find_up(workspace) == record
    server.shutdown()
    server.server_close()
    assert find_up(workspace) is None


def test_runs_that_were_cut_off_are_set_to_crashed(record: Record, server: Server) -> None:
    """Those of the worker alone, whatever they were doing, with the reason."""
    assert report_lost_runs(record, "why") == 2
    (_, asked), *told = server.heard
    assert asked["work_pools"] == {"name": {"any_": ["agentalign"]}}
    assert set(asked["flow_runs"]["state"]["type"]["any_"]) == {"PENDING", "RUNNING", "CANCELLING"}
    assert [path for path, _ in told] == [f"/api/flow_runs/{run}/set_state" for run in "ab"]
    states = [body["state"] for _, body in told]
    assert all(s["type"] == "CRASHED" and s["message"] == "why" for s in states)
