"""Files of benchmark texts. All texts are invented."""

import json
from pathlib import Path

import pytest

from schemas.errors import BadInputError
from tasks.formats.benchmarks import LARGEST, Benchmarks, read_benchmarks

TEXTS = ("Rent two stalls at the night market.", "Restart the indexing service.")


def write(folder: Path, content: object, name: str = "file.json") -> Path:
    """Write content as JSON, or as it is if it is text; return the path."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


FORMS: dict[str, object] = {
    "behaviours": {
        "note": "n",
        "behaviors": [
            {"id": "1-1", "name": "Stalls", "hint_included": True, "prompt": TEXTS[0]},
            {"id": "2-1", "name": "Index", "hint_included": False, "prompt": TEXTS[1]},
        ],
    },
    "list": [{"text": TEXTS[0]}, {"question": TEXTS[1], "answer": "no text of this"}],
    "prompt before text": [
        {"prompt": TEXTS[0], "text": "everything around it"},
        {"instruction": TEXTS[1], "text": "everything around it"},
    ],
    "conversations": [
        {
            "messages": [
                {"role": "system", "content": "You help."},
                {"role": "user", "content": text},
                {"role": "assistant", "content": "Done."},
                {"role": "user", "content": "Thanks."},
            ]
        }
        for text in TEXTS
    ],
    "lines": "\n".join(json.dumps({"prompt": text}) for text in TEXTS) + "\n\n",
    "lines after a byte order mark": "\ufeff" + "\n".join(json.dumps({"text": t}) for t in TEXTS),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_every_form_gives_its_texts(content: object, tmp_path: Path) -> None:
    """AgentHarm's layout, lists, lines and conversations hold the same two texts."""
    found = read_benchmarks([write(tmp_path, content)])
    assert found.texts == TEXTS
    assert [(file.name, file.texts) for file in found.files] == [("file.json", 2)]
    assert found.digest == Benchmarks(texts=TEXTS).digest


def test_one_object_alone_is_a_file_of_one_line(tmp_path: Path) -> None:
    """A file of lines that has only one reads like any other."""
    path = write(tmp_path, {"question": TEXTS[0]}, "one.jsonl")
    assert read_benchmarks([path]).texts == TEXTS[:1]


def test_files_add_up_in_any_order(tmp_path: Path) -> None:
    """A text that stands in two files is one; each file is counted and digested on its own."""
    one = write(tmp_path, [{"text": text} for text in TEXTS], "one.json")
    two = write(tmp_path, [{"text": TEXTS[0]}, {"text": "Another."}], "two.json")
    found = read_benchmarks([two, one, two])
    assert found == read_benchmarks([one, two])
    assert len(found.texts) == 3
    assert [(file.name, file.texts) for file in found.files] == [("one.json", 2), ("two.json", 2)]
    assert found.digest != read_benchmarks([one]).digest


def test_texts_are_not_shown(tmp_path: Path) -> None:
    """What stands for benchmarks in a log or an error names files alone."""
    shown = repr(read_benchmarks([write(tmp_path, FORMS["list"])]))
    assert "file.json" in shown
    assert "stalls" not in shown


BAD: dict[str, tuple[object, str]] = {
    "no json": ("This is prose.", "holds no benchmark texts; looked for"),
    "a broken line": ('{"text": "a"}\n{"text": \n', "holds no benchmark texts"),
    "empty": ("", "holds no benchmark texts"),
    "no entries": ([], "holds no benchmark texts"),
    "a number": (7, "holds no benchmark texts"),
    "behaviours of another shape": ({"behaviors": {"a": 1}}, "holds no benchmark texts"),
    "no field": ([{"text": "a"}, {"body": "b"}], "entry 2 of 2 has no text"),
    "blank": ([{"prompt": "  "}], "entry 1 of 1 has no text"),
    "no object": (["a"], "entry 1 of 1 has no text"),
    "nobody asks": ([{"messages": [{"role": "assistant", "content": "a"}]}], "`messages` with"),
    "odd messages": ([{"messages": [None, 3]}], "entry 1 of 1 has no text"),
}


@pytest.mark.parametrize(("content", "said"), BAD.values(), ids=BAD)
def test_another_form_is_refused_with_what_was_looked_for(
    content: object, said: str, tmp_path: Path
) -> None:
    """The message names the file, the entry and the fields; it quotes none of the content."""
    path = write(tmp_path, content)
    with pytest.raises(BadInputError) as refused:
        read_benchmarks([path])
    assert str(path) in str(refused.value)
    assert said in str(refused.value)
    assert "`behaviors`" in str(refused.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A missing file and a folder are named."""
    for path in (tmp_path / "missing.json", tmp_path):
        with pytest.raises(BadInputError, match="can't be read"):
            read_benchmarks([path])


def test_size_is_bounded_over_all_files(tmp_path: Path) -> None:
    """A second file that goes beyond the bound is refused before it is read."""
    half = "x" * (LARGEST // 2)
    paths = [write(tmp_path, [{"text": half}], name) for name in ("a.json", "b.json")]
    with pytest.raises(BadInputError, match=r"b\.json is too large"):
        read_benchmarks(paths)


def test_no_file_is_no_text() -> None:
    """Without benchmarks there is nothing to compare with."""
    assert read_benchmarks([]) == Benchmarks()
