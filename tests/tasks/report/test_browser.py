"""What the page looks like in a browser, wide and narrow, light and dark."""

from pathlib import Path
from typing import Any

import pytest

from tasks.formats.versions import Version
from tasks.report.contents import gather
from tasks.report.page import render

pytestmark = pytest.mark.ui

OPEN_ALL = "document.querySelectorAll('details').forEach(each => each.open = true)"
OVERFLOW = "document.scrollingElement.scrollWidth - innerWidth"
# boxes that stick out of the page, and texts too small to read on a phone
STICKING_OUT = """[...document.querySelectorAll('main > *, .scroll, .talk, .turns > li, figure')]
    .filter(each => each.getBoundingClientRect().right > innerWidth + 0.5).length"""
TOO_SMALL = """[...document.querySelectorAll('main *')]
    .filter(each => each.innerText && parseFloat(getComputedStyle(each).fontSize) < 10).length"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_fits_every_screen(
    audited: Version,
    tmp_path: Path,
    browser: Any,  # noqa: ANN401  Playwright is no dependency
    width: int,
    scheme: str,
) -> None:
    """Nothing scrolls sideways but tables in their boxes, whatever is open; nothing is fetched."""
    out = tmp_path / "report.html"
    out.write_text(render(gather(audited, reveal=False)), "utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(out.as_uri())
    for prepare in ("0", OPEN_ALL):
        page.evaluate(prepare)
        assert page.evaluate(OVERFLOW) <= 0
        assert page.evaluate(STICKING_OUT) == 0
        assert page.evaluate(TOO_SMALL) == 0
    page.screenshot(path=tmp_path / f"{width}-{scheme}.png")
    assert (asked, said) == ([out.as_uri()], [])
    page.close()
