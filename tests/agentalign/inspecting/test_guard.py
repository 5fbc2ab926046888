"""Requests as other sites and other names would send them."""

import pytest
from fastapi.testclient import TestClient

from tests.agentalign.inspecting.conftest import HOST


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:80", "evil.example:8740", ""])
def test_another_name_is_no_name_of_the_server(pages: TestClient, host: str) -> None:
    """What somebody's DNS makes point here reads nothing."""
    assert pages.get("/", headers={"host": host}).status_code == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "", f"https://{HOST}", "http://127.0.0.1:80"]
)
def test_a_form_of_another_page_is_refused(pages: TestClient, origin: str) -> None:
    """Nothing is stored, shown or logged for it; headers are those of every answer."""
    for action in ("show", "review", "undo"):
        answer = pages.post(f"/rows/example-harmful/{action}", headers={"origin": origin},
                            data={"verdict": "reject"})  # fmt: skip
        assert answer.status_code == 403
        assert answer.headers["x-frame-options"] == "DENY"
