import shutil
import socket
import sqlite3
from pathlib import Path

import pytest

from agentalign.findings import Finding
from agentalign.operating.record import new_record, save_record
from agentalign.operating_checks import check_operating
from agentalign.server import DATABASE_SETTINGS, database_of
from schemas.workspace import Workspace


def checked(folder: Path) -> dict[str, Finding]:
    return {found.what: found for found in check_operating(folder)}


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DATABASE_SETTINGS:
        monkeypatch.delenv(name, raising=False)


def test_an_empty_workspace_is_sound(tmp_path: Path) -> None:
    """Nothing is up, and no database is there yet."""
    found = checked(tmp_path / "none")
    assert found["up"] == Finding("up", "ok", "nothing is up in this workspace")
    assert found["database: prefect"].detail == found["database: mlflow"].detail == "not made yet"


def test_who_holds_a_port_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A taken port of `up` is named, with the option that gives another."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr("agentalign.operating_checks.MLFLOW_PORT", port)
        found = checked(tmp_path)[f"port {port}"]
    assert found.state == "warning"
    assert found.detail.startswith("taken by ")
    assert found.advice == "give `agentalign up` --mlflow-port"


def test_an_up_of_which_nothing_runs_is_told(tmp_path: Path) -> None:
    """After a restart of the machine, say."""
    save_record(Workspace(tmp_path), new_record("127.0.0.1", 1, 2))
    found = checked(tmp_path)["up"]
    assert (found.state, "nothing of it runs" in found.detail) == ("warning", True)


def test_a_database_is_looked_into(tmp_path: Path) -> None:
    """A sound one has a size; a damaged one says what to do, and is no reason to stop."""
    file = database_of(Workspace(tmp_path))
    file.parent.mkdir()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE flow_run (id TEXT)")
    connection.close()
    assert checked(tmp_path)["database: prefect"].state == "ok"
    file.write_bytes(b"no database" * 1000)
    damaged = checked(tmp_path)["database: prefect"]
    assert (damaged.state, damaged.advice.startswith("move ")) == ("failed", True)
    shutil.rmtree(file.parent)


def test_a_database_of_the_users_own_is_reached_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the environment names is tried; its password is not shown."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        url = f"postgresql+asyncpg://me:secret-word@127.0.0.1:{port}/runs"
        monkeypatch.setenv(DATABASE_SETTINGS[0], url)
        there = checked(tmp_path)["database: prefect"]
    gone = checked(tmp_path)["database: prefect"]
    assert (there.state, gone.state) == ("ok", "failed")
    assert "secret-word" not in there.detail + gone.detail
