from pathlib import Path

import pytest

from agentalign.operating.record import (
    drop_record,
    load_record,
    new_record,
    save_record,
)
from schemas.errors import WorkspaceError
from schemas.workspace import Workspace


def test_a_record_is_there_until_it_is_dropped(tmp_path: Path) -> None:
    """What is saved is loaded; what is dropped is gone, twice too."""
    workspace, record = Workspace(tmp_path), new_record("127.0.0.1", 1, 2)
    assert load_record(workspace) is None
    save_record(workspace, record)
    assert load_record(workspace) == record
    drop_record(workspace)
    drop_record(workspace)
    assert load_record(workspace) is None


def test_every_up_has_a_token_of_its_own() -> None:
    """Two workspaces never end each other's processes."""
    assert new_record("::", 1, 2).token != new_record("::", 1, 2).token


def test_a_record_that_is_none_is_told(tmp_path: Path) -> None:
    """The message names the file: what runs can't be told from it any more."""
    (tmp_path / "up.json").write_text("{}")
    with pytest.raises(WorkspaceError, match=r"up\.json can't be read"):
        load_record(Workspace(tmp_path))


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:1/api"),
        ("0.0.0.0", "http://127.0.0.1:1/api"),
        ("::", "http://[::1]:1/api"),
        ("machine.example", "http://machine.example:1/api"),
    ],
)
def test_clients_of_this_machine_find_the_server(host: str, url: str) -> None:
    """Where all addresses are listened on, this machine takes loopback."""
    assert new_record(host, 1, 2).api_url == url
