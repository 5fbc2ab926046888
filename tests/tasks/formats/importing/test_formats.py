"""Files and folders of any format: each row is taken whole, or rejected with a reason."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.catalogue import load_catalogue, load_reasons
from schemas.errors import BadInputError
from tasks.formats.importing.formats import FORMATS, Reading, Row, read_rows
from tasks.formats.importing.records import Record
from tasks.formats.importing.rows import ForeignRow, RejectedRow
from tests.data.reading import load_foreign, load_rows
from tests.tasks.formats.importing.reading import read_all, read_sound

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=9)
    | st.sampled_from(["user", "assistant", "tool", "[Get(a=1)]", "<functioncall> {}", "{", "[]"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([
            "role", "from", "value", "content", "messages", "conversations", "system", "chat",
            "tools", "tool_calls", "function", "name", "arguments", "id", "parameters", "type",
            "properties", "category", "weight",
        ]) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)  # fmt: skip

REAL: dict[str, list[dict[str, Any]]] = {
    "toolace": load_foreign("toolace.jsonl"),
    "glaive": load_foreign("glaive_raw.jsonl"),
    "glaive-sharegpt": load_foreign("glaive_sharegpt.json"),
    "openai": load_rows("agentdojo_workspace")[:9] + load_rows("bfcl_multi_turn")[:9],
}
REAL["agentalign"] = [{**row, "category": "benign"} for row in REAL["openai"]]


def write(folder: Path, rows: list[object], name: str = "rows.jsonl") -> Path:
    """Write rows as a JSON object a line, and return the file."""
    file = folder / name
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return file


def talk(text: str, **more: object) -> dict[str, Any]:
    """Return a row of a request and an answer."""
    said = [{"role": "user", "content": text}, {"role": "assistant", "content": "Yes."}]
    return {"messages": said, **more}


def test_a_file_is_read_with_source_licence_and_places(tmp_path: Path) -> None:
    """What nobody names is named after the format; a row without an id has its line."""
    file = write(tmp_path, [talk("a", id="x"), talk("b")])
    first, second = read_rows(file, "openai", source="mine", licence="MIT")
    assert isinstance(first, ForeignRow)
    assert (first.source, first.licence, first.source_id) == ("mine", "MIT", "x")
    assert (first.place, second.place) == ("rows.jsonl, line 1", "rows.jsonl, line 2")
    assert second.source_id == "line 2"
    (row, _) = read_rows(file, "openai")
    assert row.source == "openai"


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    """Manifests and other files are no rows; lines of two files are told apart."""
    write(tmp_path, [talk("b")], "b.jsonl")
    write(tmp_path, [talk("a")], "a.jsonl")
    for name in ("manifest.json", "dataset_info.json", "README.md", "sft.yaml"):
        (tmp_path / name).write_text("{}")
    found = list(read_rows(tmp_path, "openai"))
    assert [row.source_id for row in found] == ["a.jsonl line 1", "b.jsonl line 1"]


def test_a_folder_without_rows_is_named(tmp_path: Path) -> None:
    """And an unknown format."""
    with pytest.raises(BadInputError, match="holds no"):
        list(read_rows(tmp_path, "openai"))
    with pytest.raises(BadInputError, match="there are: toolace, glaive"):
        list(read_rows(write(tmp_path, [talk("a")]), "alpaca"))


def test_two_rows_with_one_id_are_both_named(tmp_path: Path) -> None:
    """The second is rejected: as a copy, or as another row that says something else."""
    write(tmp_path, [talk("a", id=1), talk("a", id=1), talk("b", id="2")], "one.jsonl")
    write(tmp_path, [talk("c", id="2")], "two.jsonl")
    first, copy, second, other = read_rows(tmp_path, "openai")
    assert isinstance(first, ForeignRow)
    assert isinstance(second, ForeignRow)
    assert isinstance(copy, RejectedRow)
    assert isinstance(other, RejectedRow)
    assert copy.reason == "repeated_row"
    assert (other.reason, other.place) == ("two_rows_one_id", "two.jsonl, line 1")
    assert other.detail == "2 is the id of one.jsonl, line 3 as well"


@pytest.mark.parametrize("other", FORMATS)
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_another_format_is_told(name: str, other: str, tmp_path: Path) -> None:
    """With the format that it looks like, before any of its rows is rejected."""
    rows = [{**row, "pattern": []} if name == "agentalign" else row for row in REAL[name][:3]]
    file = write(tmp_path, list(rows))
    if name == other:
        assert any(isinstance(row, ForeignRow) for row in read_rows(file, other))
        return
    with pytest.raises(BadInputError, match=f"line 1 looks like {name}, not {other}"):
        list(read_rows(file, other))


def test_a_row_of_another_kind_is_rejected_alone(tmp_path: Path) -> None:
    """A list, a number, a bomb between good rows: each is named, and the rest is read."""
    file = write(tmp_path, [talk("a"), [1], 3, None, talk("b")])
    with file.open("a") as lines:
        lines.write('{"messages": ' * 400 + "1" + "}" * 400)
    found = list(read_rows(file, "openai"))
    reasons = [getattr(row, "reason", "") for row in found]
    assert reasons == ["", "not_a_row", "not_a_row", "not_a_row", "", "not_plain_json"]


def test_our_own_tools_come_back_unchanged() -> None:
    """What our exporters write is in the strict form already."""
    tools = [tool.function() for tool in load_catalogue().tools.values()]
    found = read_sound(talk("a", tools=tools), "openai")
    assert list(found.tools) == tools
    assert found.changed == ()


def texts_that_call(row: dict[str, Any], format_name: str) -> int:
    """Return in how many places of a row something is called, by signs that no reader looks at."""
    if format_name == "glaive":
        return str(row["chat"]).count("<functioncall>")
    if format_name == "glaive-sharegpt":
        return sum(turn["from"] == "function_call" for turn in row["conversations"])
    if format_name == "toolace":
        said = [turn["value"] for turn in row["conversations"] if turn["from"] == "assistant"]
        return sum(value.startswith("[") and value.endswith(")]") for value in said)
    said = [turn.get("tool_calls") or [] for turn in row["messages"]]
    return sum(map(len, said))


def check_whole(row: ForeignRow) -> None:
    """Assert what has to be true of every row that is taken."""
    names = [tool["function"]["name"] for tool in row.tools]  # type: ignore[call-overload, index]
    roles = [turn.role for turn in row.messages]
    assert roles[-1] == "assistant"
    assert "user" in roles[:2]
    assert "system" not in roles[1:]
    waiting: list[str] = []
    seen: set[str] = set()
    for turn in row.messages:
        if turn.role == "tool":
            waiting.remove(turn.tool_call_id or "")
            continue
        assert not waiting
        assert turn.tool_calls or (turn.content or "").strip()
        assert turn.role == "assistant" or not turn.train
        waiting = [call.id for call in turn.tool_calls]
        assert all(call.name in names for call in turn.tool_calls)
        assert not seen & {*waiting}
        seen |= {*waiting}
    assert len(seen) == row.calls


def read_one(row: object, format_name: str) -> Row:
    """Return what comes of a row that is not the first of its file."""
    reading = Reading(format_name, "fuzzed", "")
    before, found = reading.rows(
        [Record(REAL[format_name][-1], "row 1"), Record(row, "row 2")], "f", "f", many=False
    )
    assert before.place == "f, row 1"
    return found


@pytest.mark.parametrize("name", FORMATS)
@given(row=JSON)
@settings(max_examples=150, deadline=None)
def test_whatever_a_row_is_it_is_taken_or_rejected(name: str, row: object) -> None:
    """No crash and no silence: one answer for each row, with a reason that has a sentence."""
    found = read_one(row, name)
    if isinstance(found, RejectedRow):
        assert found.reason in load_reasons()
        assert found.detail
        assert found.calls >= found.calls_parsed >= 0
    else:
        check_whole(found)


def places(value: object, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the places of all values within one."""
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    return [at, *(place for key, each in inner for place in places(each, (*at, key)))]


def mutate(row: dict[str, Any], data: st.DataObject) -> Any:  # noqa: ANN401  # JSON
    """Return a row with one value replaced, removed, doubled or cut off."""
    changed = deepcopy(row)
    *way, last = data.draw(st.sampled_from(places(changed)[1:]))
    owner: Any = changed
    for key in way:
        owner = owner[key]
    what = data.draw(st.sampled_from(["replace", "remove", "double", "cut"]))
    if what == "replace":
        owner[last] = data.draw(JSON)
    elif what == "remove":
        del owner[last]
    elif what == "cut" and isinstance(owner[last], str):
        owner[last] = owner[last][: data.draw(st.integers(0, len(owner[last])))]
    elif isinstance(owner, list):
        owner.insert(last, deepcopy(owner[last]))
    return changed


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_spoilt_real_row_is_taken_whole_or_rejected(name: str, data: st.DataObject) -> None:
    """A call is never lost: what is taken calls as often as the row's text does."""
    row = mutate(data.draw(st.sampled_from(REAL[name])), data)
    found = read_one(row, name)
    if isinstance(found, RejectedRow):
        assert found.reason in load_reasons()
        return
    check_whole(found)
    turns = sum(bool(turn.tool_calls) for turn in found.messages)
    assert max(turns, found.calls) >= texts_that_call(row, name)


@pytest.mark.parametrize("name", FORMATS)
def test_a_row_is_read_the_same_each_time(name: str) -> None:
    """Ids that a row lacks are made of what it says, not of chance."""
    assert read_all(REAL[name], name) == read_all(deepcopy(REAL[name]), name)
