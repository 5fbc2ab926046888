import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agentalign.server import Server, ServerError, client_environment, own_server, ready_mark
from agentalign.workspace import prepare_workspace

_OWNER = """
import pathlib, sys
from agentalign.server import own_server
from agentalign.workspace import prepare_workspace
with own_server(prepare_workspace(pathlib.Path(sys.argv[1]))) as server:
    print(server.process.pid, flush=True)
    input()
"""


def test_the_environment_keeps_prefect_in_the_workspace(tmp_path: Path) -> None:
    """Home and results lie in the workspace, and nothing phones home."""
    workspace = prepare_workspace(tmp_path)
    env = client_environment(workspace, {})
    assert env["PREFECT_HOME"] == str(workspace.prefect_home)
    assert env["PREFECT_LOCAL_STORAGE_PATH"] == str(workspace.results)
    assert env["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert env["DO_NOT_TRACK"] == "1"


def test_a_server_of_the_users_own_keeps_its_profile(tmp_path: Path) -> None:
    """With PREFECT_API_URL set, Prefect's home is left alone."""
    environ = {"PREFECT_API_URL": "http://prefect.example/api"}
    env = client_environment(prepare_workspace(tmp_path), environ)
    assert "PREFECT_HOME" not in env
    assert "PREFECT_LOCAL_STORAGE_PATH" in env


def test_a_server_that_ends_while_starting_is_told(tmp_path: Path) -> None:
    """The message names the log to look into."""
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    with pytest.raises(ServerError, match=r"ended while starting; see .*server\.log"):
        Server(process, 1, tmp_path / "server.log", tmp_path / "ready").wait()


def test_a_database_that_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    """What a build left that was killed while its server set up is removed; a whole one stays."""
    workspace = prepare_workspace(tmp_path)
    database = workspace.prefect_home / "prefect.db"
    for is_whole in (False, True):
        database.write_text("half")
        if is_whole:
            ready_mark(workspace).touch()
        with own_server(workspace) as server:
            server.process.kill()
        assert (database.exists() and database.read_text() == "half") is is_whole


def test_the_server_dies_with_a_killed_owner(tmp_path: Path) -> None:
    """SIGKILL of the build, even before the server is up, leaves no server behind."""
    with subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as owner:
        assert owner.stdout is not None
        server = int(owner.stdout.readline())
        handle = os.pidfd_open(server)
        owner.kill()
        owner.wait()
    _wait_for_end(handle)


def test_the_server_answers_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once awaited the API is healthy, its data in the workspace; it ends with the block."""
    workspace = prepare_workspace(tmp_path)
    for name, value in client_environment(workspace, {}).items():
        monkeypatch.setenv(name, value)
    with own_server(workspace) as server:
        server.wait()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", "/api/admin/version")
        assert connection.getresponse().status == 200
        assert server.api_url == f"http://127.0.0.1:{server.port}/api"
    assert server.process.returncode is not None
    assert server.process.returncode != -signal.SIGKILL
    assert (workspace.prefect_home / "prefect.db").exists()
    assert server.log.exists()


def _wait_for_end(handle: int) -> None:
    import select

    try:
        assert select.select([handle], [], [], 10)[0], "the server is still there"
    finally:
        os.close(handle)
