"""The tiny version behind the pages, and a client that speaks as a browser on this machine."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from agentalign.inspecting.app import create_app
from agentalign.inspecting.desk import open_desk
from schemas.workspace import Workspace
from tasks.doors.store import Store
from tasks.formats.versions import Version
from tests.agentalign.left_out import add_left_out

HOST = "127.0.0.1:8740"
Client = Callable[[Version], TestClient]


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """The tiny version's workspace, with a store."""
    place = Workspace(tmp_path)
    Store.open(place.store_url).close()
    return place


@pytest.fixture
def client(place: Workspace) -> Client:
    """Return what opens the pages of a version."""

    def make(version: Version) -> TestClient:
        kept = version.kept()
        app = create_app(place, kept, open_desk(place, kept), [HOST])
        own = {"origin": f"http://{HOST}"}
        return TestClient(app, f"http://{HOST}", headers=own, follow_redirects=True)

    return make


@pytest.fixture
def pages(version: Version, client: Client) -> TestClient:
    """The pages of the tiny version, with what it left out."""
    return client(add_left_out(version))
