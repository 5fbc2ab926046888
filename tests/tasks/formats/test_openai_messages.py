"""Other people's trajectories, held to the contract of calls in a world."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import BadInputError
from tasks.formats.openai_messages import (
    UnusableRowError,
    normalise_tools,
    read_trajectories,
    read_trajectory,
)
from tests.data.reading import load_rows

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)


def written(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """Write rows as a JSON object a line, and return the file."""
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return file


@pytest.mark.parametrize(
    ("name", "rows", "calls"), [("agentdojo_workspace", 40, 84), ("bfcl_multi_turn", 60, 344)]
)
def test_every_call_of_real_trajectories_keeps_the_contract(
    name: str, rows: int, calls: int, tmp_path: Path
) -> None:
    """After their schemas are normalised, all 428 calls of two benchmarks validate."""
    found = list(read_trajectories(written(tmp_path, load_rows(name))))
    assert len(found) == rows
    assert [trajectory.problems for trajectory in found] == [()] * rows
    assert not any(trajectory.tools.rejected for trajectory in found)
    assert sum(len(trajectory.calls) for trajectory in found) == calls


def test_a_call_that_breaks_its_schema_is_a_problem_of_its_row() -> None:
    """A dropped argument, an unknown tool: each is named."""
    row = load_rows("agentdojo_workspace")[0]
    calls = [c for turn in row["messages"] for c in turn.get("tool_calls") or ()]
    calls[0]["function"]["arguments"] = "{}"
    assert read_trajectory(row, "r").problems == (
        "search_calendar_events: missing parameters: query",
    )
    calls[0]["function"]["name"] = "no_such_tool"
    assert read_trajectory(row, "r").problems == ("no_such_tool: there is no tool 'no_such_tool'",)


def test_illegal_names_are_mapped_in_tools_and_calls_alike() -> None:
    """What was changed is said; two names that fall together are told apart."""
    tools = [{"name": "Get Weather"}, {"name": "Get/Weather"}]
    call = {"id": "c", "function": {"name": "Get/Weather", "arguments": {}}}
    row = {"tools": tools, "messages": [{"role": "assistant", "tool_calls": [call]}]}
    found = read_trajectory(row, "r")
    assert dict(found.tools.names) == {"Get Weather": "Get_Weather", "Get/Weather": "Get_Weather_2"}
    assert found.calls[0].name == "Get_Weather_2"
    assert found.tools.changed["Get_Weather"] == ["name 'Get Weather' became Get_Weather"]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"messages": [', "line 1 is not JSON"),
        ("[" * 100_000, "line 1 is not JSON"),
        ("[1]", "line 1: it has no list of messages"),
        ('{"messages": [3]}', "a message is no object"),
        ('{"messages": [{"role": "oracle"}]}', "role"),
        ('{"messages": [], "tools": 3}', "its tools are no list"),
        ('{"messages": [{"role": "assistant", "tool_calls": [{}]}]}', "has no function"),
    ],
)
def test_a_line_that_is_no_trajectory_is_named(text: str, says: str, tmp_path: Path) -> None:
    """File, line and reason, never a traceback."""
    file = tmp_path / "rows.jsonl"
    file.write_text(text)
    with pytest.raises(BadInputError, match=says):
        list(read_trajectories(file))


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are an error of the file."""
    (tmp_path / "rows.jsonl").write_bytes(b"\xff\xfe{")
    with pytest.raises(BadInputError, match="not UTF-8"):
        list(read_trajectories(tmp_path / "rows.jsonl"))


@given(JSON, JSON)
@settings(max_examples=200, deadline=None)
def test_whatever_a_row_holds_it_is_read_or_refused(messages: object, tools: object) -> None:
    """Nothing but the one error comes of rows that are anything at all."""
    for row in ({"messages": messages, "tools": tools}, {"messages": [messages]}, messages):
        try:
            read_trajectory(row, "r")
        except UnusableRowError:
            continue


@given(st.lists(st.fixed_dictionaries({}, optional={"name": JSON, "parameters": JSON}), max_size=4))
@settings(max_examples=200, deadline=None)
def test_every_tool_is_taken_or_rejected(raw: list[dict[str, object]]) -> None:
    """None is lost on the way, and what is taken has a legal name and an object schema."""
    found = normalise_tools(raw)
    assert found.schemas.keys() >= set(found.names.values())
    assert all(schema["type"] == "object" for schema in found.schemas.values())
    assert len(found.schemas) + len(found.rejected) >= bool(raw)
