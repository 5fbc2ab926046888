import shutil
from pathlib import Path

import orjson
import pytest

from schemas.errors import BadInputError
from tasks.formats.agentharm import base_of, read_behaviours

FILES = Path(__file__).parents[2] / "data" / "agentharm"
HARMFUL = "harmful_behaviors_validation.json"


def test_a_folder_is_read_and_so_is_its_benchmark_folder(tmp_path: Path) -> None:
    """The split that is there is taken, and one side may be missing."""
    both = read_behaviours(FILES)
    assert both.split == "val"
    assert [(file.side, len(file.ids)) for file in both.files] == [("harmful", 12), ("benign", 12)]
    (tmp_path / "benchmark").mkdir()
    shutil.copy(FILES / HARMFUL, tmp_path / "benchmark")
    one = read_behaviours(tmp_path, "val")
    assert [file.side for file in one.files] == ["harmful"]
    assert one.files[0].told == both.files[0].told


def test_the_public_test_goes_before_validation(tmp_path: Path) -> None:
    """Unless another split is asked for."""
    shutil.copy(FILES / HARMFUL, tmp_path)
    shutil.copy(FILES / HARMFUL, tmp_path / "harmful_behaviors_test_public.json")
    assert read_behaviours(tmp_path).split == "test_public"
    assert read_behaviours(tmp_path, "val").split == "val"
    with pytest.raises(BadInputError, match="harmful_behaviors_test_private"):
        read_behaviours(tmp_path, "test_private")


@pytest.mark.parametrize(("task", "base"), [("12-3", "12"), ("val-7-1", "val-7"), ("x", "x")])
def test_variants_share_all_but_the_last_part_of_their_id(task: str, base: str) -> None:
    """An id without parts is its own base."""
    assert base_of(task) == base


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"{", "is not JSON"),
        (b"[]", "an object with a list `behaviors`"),
        (b'{"behaviors": []}', "an object with a list `behaviors`"),
        (b'{"behaviors": [7]}', "behaviour 1: it: "),
        (b'{"behaviors": [{"id": "1-1", "prompt": "secret"}]}', "behaviour 1: id_original: Field"),
    ],
)
def test_another_form_is_told_without_its_texts(tmp_path: Path, content: bytes, wrong: str) -> None:
    """File, number and field are named."""
    (tmp_path / HARMFUL).write_bytes(content)
    with pytest.raises(BadInputError) as caught:
        read_behaviours(tmp_path)
    assert wrong in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_id_stands_once(tmp_path: Path) -> None:
    """Twice it would be two tasks of one name."""
    whole = orjson.loads((FILES / HARMFUL).read_bytes())
    whole["behaviors"].append(whole["behaviors"][0])
    (tmp_path / HARMFUL).write_bytes(orjson.dumps(whole))
    with pytest.raises(BadInputError, match="same id"):
        read_behaviours(tmp_path)
