"""The picture of the tiny version's rows."""

from pathlib import Path

import pytest

from agentalign.lookup import find_row, trace_row
from agentalign.pages.picture import HEIGHT, WIDTH, Picture, draw_picture
from schemas.workspace import Workspace
from tasks.formats.versions import Version
from tests.agentalign.left_out import HIDDEN, add_left_out


def draw(version: Version, folder: Path, row_id: str) -> Picture:
    """Return the picture of a row."""
    return draw_picture(trace_row(find_row(Workspace(folder), row_id, version)))


def test_it_leads_from_the_row_to_the_taxonomy(version: Version, tmp_path: Path) -> None:
    """Down the left side stands what rests on each other, in this order."""
    picture = draw(version, tmp_path, "example-harmful")
    spine = [node.word for node in picture.nodes if node.x < WIDTH]
    assert spine == ["row", "answer", "request", "binding", "chain", "policy", "category"]
    beside = {node.word for node in picture.nodes if node.x > WIDTH}
    assert beside == {"verdict", "prompt", "model", "calls to models", "plan", "execution"}


@pytest.mark.parametrize("row_id", ["example-benign", "verdict-harmful", "policy-1",
                                    "dropped-harmful", "chain-1"])  # fmt: skip
def test_nodes_lie_in_the_picture_and_on_no_other(
    version: Version, tmp_path: Path, row_id: str
) -> None:
    """Whatever kind of row is drawn; no request is quoted."""
    picture = draw(add_left_out(version), tmp_path, row_id)
    places = [(node.x, node.y) for node in picture.nodes]
    for x, y in places:
        assert 0 <= x <= picture.width - WIDTH
        assert 0 <= y <= picture.height - HEIGHT
        near = [b for a, b in places if a == x and abs(b - y) < HEIGHT]
        assert near == [y]
    assert not any(HIDDEN in node.says for node in picture.nodes)
