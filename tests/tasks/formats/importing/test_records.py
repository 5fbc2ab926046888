"""Files are read piece by piece, whatever they hold, and what can't be read is named."""

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import BadInputError
from tasks.formats.importing.records import read_records

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(-9, 9) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
ROOM = 45_000_000  # bytes, far below what the large files here hold


def write(folder: Path, content: bytes, name: str = "rows.jsonl") -> Path:
    """Write a file and return it."""
    file = folder / name
    file.write_bytes(content)
    return file


def peak(work: Callable[[], object]) -> int:
    """Return the most bytes that some work took."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@given(st.lists(JSON, min_size=1, max_size=6), st.sampled_from([None, 1]))
@settings(max_examples=100, deadline=None)
def test_a_list_and_lines_hold_the_same(
    tmp_path_factory: pytest.TempPathFactory, values: list[object], indent: int | None
) -> None:
    """Whatever the values are, and however a list is laid out, all come back in order."""
    folder = tmp_path_factory.mktemp("same")
    rows = [{"value": value} for value in values]
    lines = write(folder, "\n".join(map(json.dumps, rows)).encode())
    listed = write(folder, json.dumps(rows, indent=indent).encode(), "rows.json")
    assert [r.value for r in read_records(lines)] == rows
    assert [r.value for r in read_records(listed)] == rows
    assert [r.place for r in read_records(listed)] == [f"row {n + 1}" for n in range(len(rows))]


def test_entries_are_whole_wherever_the_file_is_cut_into_pieces(tmp_path: Path) -> None:
    """Texts with letters of several bytes, brackets and quotes, across the ends of what is read."""
    rows = [{"text": '"}]é€😀' * size} for size in (1, 50_000, 3, 90_000, 0)]
    text = json.dumps(rows, ensure_ascii=False)
    assert [r.value for r in read_records(write(tmp_path, text.encode()))] == rows


def test_a_byte_order_mark_and_blank_lines_are_no_rows(tmp_path: Path) -> None:
    """They are stepped over, and lines keep their numbers."""
    file = write(tmp_path, b'\xef\xbb\xbf{"a": 1}\n\n  \n{"a": 2}\n')
    assert [r.place for r in read_records(file)] == ["line 1", "line 4"]
    assert [r.value for r in read_records(write(tmp_path, b"\xef\xbb\xbf[1]"))] == [1]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "holds no rows"),
        (b" \n\n ", "holds no rows"),
        (b"[]", "holds no rows"),
        (b'{"a": 1}\n{"a": ', "line 2 is not JSON"),
        (b'{\n "a": 1\n}', "line 1 is not JSON"),
        (b"a,b\n1,2\n", "line 1 is not JSON"),
        (b'{"a": NaN}', None),
        (b'[{"a": 1},\n {"a": ', "line 2: row 2 is not JSON"),
        (b'[{"a": 1}', "line 1: the file ends where ',' should"),
        (b'[{"a": 1} {"a": 2}]', "line 1: '{' stands where ',' should"),
        (b'[{"a": 1}]\n{"a": 2}', "line 2: more follows"),
        (b'[{"a": 1},\n\n{"a": NaN}]', "line 3: row 2 can't be read: NaN"),
        (b'[{"a": 1},]', "row 2 is not JSON"),
        (b"\xff\xfe{", "line 1 is not UTF-8"),
        (b'{"a": 1}\n{"a": "\xe9"}\n', "line 2 is not UTF-8"),
        (b'[{"a": "\xe9"}]', "line 1: what follows is not UTF-8"),
        (b'[{"a": "\xe2\x82', "not UTF-8"),
        (b"PAR1\x15\x04\x15", "line 1 is not"),
    ],
)
def test_a_file_that_can_not_be_read_is_named_with_line_and_reason(
    content: bytes, says: str | None, tmp_path: Path
) -> None:
    """A cut-off, empty or foreign file never ends in silence, nor in a traceback."""
    file = write(tmp_path, content)
    if says is None:  # a row's own fault, not the file's
        assert [record.flaw for record in read_records(file)] == ["NaN is no JSON"]
        return
    with pytest.raises(BadInputError) as raised:
        list(read_records(file))
    assert says in str(raised.value)
    assert str(file) in str(raised.value)


def test_a_file_that_is_not_there_or_a_folder_is_named(tmp_path: Path) -> None:
    """With the system's own word for it."""
    with pytest.raises(BadInputError, match="No such file"):
        list(read_records(tmp_path / "none.jsonl"))


@pytest.mark.parametrize(
    ("start", "end"), [(b'{"a": "', b'"}'), (b'[{"a": "', b'"}]'), (b"[", b"")]
)
def test_a_line_of_100_megabytes_is_never_read_whole(
    start: bytes, end: bytes, tmp_path: Path
) -> None:
    """As a line, an entry of a list, and a list of nothing but brackets: memory stays small."""
    file = tmp_path / "rows.json"
    filling = (b"[" if not end else b"x") * 1_000_000
    with file.open("wb") as output:
        output.write(start)
        for _ in range(100):
            output.write(filling)
        output.write(end)

    def read() -> None:
        with pytest.raises(BadInputError, match=r"longer than 8,000,000|nested"):
            list(read_records(file))

    assert peak(read) < ROOM


def test_a_long_list_takes_the_room_of_one_entry(tmp_path: Path) -> None:
    """Sixty megabytes are read in a few."""
    file = tmp_path / "rows.json"
    with file.open("w") as output:
        output.write("[")
        for number in range(600):
            output.write(f'{"," if number else ""}\n{{"n": {number}, "text": "{"x" * 100_000}"}}')
        output.write("]")
    counted: list[int] = []

    def read() -> None:
        counted.append(sum(1 for _ in read_records(file)))

    assert peak(read) < ROOM // 4
    assert counted == [600]


@pytest.mark.parametrize("depth", [300, 900, 100_000])
def test_a_nested_bomb_is_a_flaw_of_its_line_or_an_error_of_its_list(
    depth: int, tmp_path: Path
) -> None:
    """Deeper than the parser goes, or only deeper than can be written again."""
    bomb = b'{"a": ' * depth + b"1" + b"}" * depth
    (record,) = read_records(write(tmp_path, bomb))
    assert record.flaw
    try:
        assert [r.flaw != "" for r in read_records(write(tmp_path, b"[" + bomb + b"]"))] == [True]
    except BadInputError as exc:
        assert "row 1 can't be read" in str(exc)  # noqa: PT017  # one of two good ends


@pytest.mark.parametrize("value", [b"1e999", b"9" * 30, b"9" * 5000, b'"\\ud800"', b"-Infinity"])
def test_what_other_programs_can_not_read_is_a_flaw(value: bytes, tmp_path: Path) -> None:
    """Numbers without end, half characters: the row is no row, the next one is."""
    first, second = read_records(write(tmp_path, b'{"a": ' + value + b'}\n{"a": 1}'))
    assert first.flaw
    assert second.value == {"a": 1}


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """Nothing but the one error comes of any file."""
    file = write(tmp_path_factory.mktemp("any"), content)
    try:
        records = list(read_records(file))
    except BadInputError:
        return
    assert records
