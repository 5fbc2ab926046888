"""The pages in a browser: filter, open a row, walk to the taxonomy, judge it by keyboard."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from agentalign.inspecting.app import create_app
from agentalign.inspecting.desk import open_desk
from agentalign.inspecting.serving import hosts_of
from agentalign.serving import HOST, listen
from schemas.rows import Review
from schemas.workspace import Workspace
from tasks.doors.store import Store
from tasks.formats.versions import Version
from tests.agentalign.left_out import add_left_out

pytestmark = pytest.mark.ui
OVERFLOW = "document.scrollingElement.scrollWidth - innerWidth"
TOO_SMALL = """[...document.querySelectorAll('main *')]
    .filter(each => each.innerText && parseFloat(getComputedStyle(each).fontSize) < 10).length"""
WALK = ("answer", "request", "binding", "chain", "policy", "category")


@pytest.fixture
def address(version: Version, place: Workspace) -> Iterator[str]:
    """Serve the tiny version on a free port; return its address."""
    import uvicorn

    kept = add_left_out(version).kept()
    with listen(0) as listener:
        port = listener.getsockname()[1]
        app = create_app(place, kept, open_desk(place, kept), hosts_of(port))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://{HOST}:{port}"
        server.should_exit = True
        thread.join()


def appear(
    locator: Any,  # noqa: ANN401  Playwright is no dependency
    state: str = "visible",
) -> None:
    """Wait for what another page shows, or no longer shows, and for its script to hear keys."""
    locator.wait_for(state=state)
    locator.page.wait_for_load_state("load")


def test_a_row_is_found_walked_and_judged(
    address: str,
    place: Workspace,
    browser: Any,  # noqa: ANN401  Playwright is no dependency
    secret: str,
) -> None:
    """By the form, by the picture's nodes, and by keys; nothing is fetched from elsewhere."""
    page = browser.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(address)
    page.get_by_label("label").select_option("harmful")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**label=harmful**")
    assert page.locator("#count").inner_text() == "1 rows"
    page.keyboard.press("Enter")
    page.wait_for_url("**/rows/example-harmful?label=harmful")
    for word in WALK:
        page.locator("svg.lineage a", has=page.get_by_text(word, exact=True)).first.click()
        if word != "category":
            assert page.locator(".kicker").inner_text() == word
    page.wait_for_url("**/taxonomy#privacy")
    page.goto(f"{address}/rows/example-harmful?label=harmful")
    page.keyboard.press("r")  # does nothing: the text is masked
    assert secret not in page.content()
    page.keyboard.press("v")
    appear(page.get_by_text(secret))
    page.keyboard.press("n")
    page.keyboard.type("as it should be")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    appear(page.locator("#said"))
    assert page.locator("#said").inner_text() == "accepted by a person"
    page.keyboard.press("Escape")
    page.wait_for_url("**/?label=harmful")
    assert [(each.verdict, each.note) for each in stored(place)] == [("accept", "as it should be")]
    assert {url for url in asked if not url.startswith(address)} == set()
    assert said == []
    page.close()


def test_keys_relabel_and_take_back(
    address: str,
    place: Workspace,
    browser: Any,  # noqa: ANN401  Playwright is no dependency
) -> None:
    """Relabelling takes two keys; what was said can be taken back; the next row is a key away."""
    page = browser.new_page()
    page.goto(f"{address}/rows/example-benign")
    page.keyboard.press("t")
    page.wait_for_url("**check=semantic")
    page.keyboard.press("1")  # no label is offered yet
    page.keyboard.press("l")
    page.keyboard.press("2")
    appear(page.locator("#said"))
    assert page.locator("#said").inner_text() == "relabelled as borderline by a person"
    assert [each.label for each in stored(place)] == ["borderline"]
    page.keyboard.press("u")
    appear(page.locator("#said"), "detached")
    assert stored(place) == []
    page.keyboard.press("j")
    page.wait_for_url("**/rows/example-borderline")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_pages_fit_every_screen(
    address: str,
    browser: Any,  # noqa: ANN401  Playwright is no dependency
    width: int,
    scheme: str,
    tmp_path: Path,
) -> None:
    """Nothing scrolls sideways but tables and pictures in their boxes, and all can be read."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    paths = ("/", "/dropped", "/rows/example-benign", "/rows/dropped-answer", "/rows/binding-1",
             "/taxonomy", "/prompts/judge-policy", "/models/rehearsal-brisk", "/none")  # fmt: skip
    for path in paths:
        page.goto(address + path)
        assert (path, page.evaluate(OVERFLOW)) == (path, 0)
        assert (path, page.evaluate(TOO_SMALL)) == (path, 0)
    page.screenshot(path=tmp_path / f"{width}-{scheme}.png")
    page.close()


def stored(place: Workspace) -> list[Review]:
    """Return the reviews in the store; a thread, as Playwright has this one's event loop."""
    with Store.open(place.store_url) as store, ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(store.reviews())).result()
