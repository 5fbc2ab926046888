"""The types of OpenAI's own client, read strictly, on an export for fine-tuning."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from openai.types.chat import (
    ChatCompletionFunctionToolParam,
    ChatCompletionMessageFunctionToolCallParam,
    ChatCompletionMessageParam,
)
from pydantic import TypeAdapter, ValidationError

from schemas.rows import Example
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.versions import Version
from tests.consumers.exporting import Exported, Record, export_as
from tests.consumers.spoken import Spoken, expected

pytestmark = pytest.mark.formats

MESSAGE: TypeAdapter[Any] = TypeAdapter(ChatCompletionMessageParam)
CALL: TypeAdapter[Any] = TypeAdapter(ChatCompletionMessageFunctionToolCallParam)
TOOL: TypeAdapter[Any] = TypeAdapter(ChatCompletionFunctionToolParam)


@pytest.fixture(scope="module")
def exported(
    all_rows: tuple[Example, ...], version: Version, tmp_path_factory: pytest.TempPathFactory
) -> Exported:
    out: Path = tmp_path_factory.mktemp("openai") / "all"
    return export_as("openai", all_rows, version, out, ExportOptions(reasoning="strip"))


def read_strictly(record: Record) -> list[Spoken]:
    """Return the turns that carry loss: assistant turns without a weight of 0.

    The client's types leave a turn's calls unread, as they are an iterable: each is read by its own
    type. Raises: ValidationError, ValueError.
    """
    for tool in record.get("tools", ()):
        TOOL.validate_python(tool, strict=True)
    return [said for message in record["messages"] if (said := _read_turn(message))]


def _read_turn(message: Record) -> Spoken | None:
    given = {key: value for key, value in message.items() if key != "weight"}
    MESSAGE.validate_python(given)
    calls = []
    for call in message.get("tool_calls", ()):
        CALL.validate_python(call, strict=True)
        arguments = orjson.loads(call["function"]["arguments"])
        if not isinstance(arguments, dict):
            raise ValueError(f"arguments encode no object: {call}")
        calls.append((call["function"]["name"], arguments))
    if message["role"] != "assistant":
        if "weight" in message:
            raise ValueError("only assistant turns have a weight")
        return None
    if message.get("weight", 1) not in (0, 1):
        raise ValueError("a weight is 0 or 1")
    said = Spoken((message.get("content") or "").strip(), tuple(calls))
    return said if message.get("weight", 1) else None


def test_only_a_row_without_a_trained_turn_is_withheld(
    exported: Exported, all_rows: tuple[Example, ...]
) -> None:
    """All others are in the file, in order, with turns of weight 0 among them."""
    assert exported.withheld == {"nothing_trained": 1}
    written = [row.id for row in all_rows if row.id != "example-trained-nowhere"]
    assert [record["id"] for record in exported.records] == written


def test_every_record_is_valid_and_teaches_exactly_its_trained_turns(
    exported: Exported, all_rows: tuple[Example, ...]
) -> None:
    """Each message, call and tool is one of the API's; weights are those of the row's turns."""
    rows = {row.id: row for row in all_rows}
    for record in exported.records:
        assert read_strictly(record) == expected(rows[record["id"]], reasoning=False)


def test_tools_stand_beside_what_is_said_of_parallel_calls(exported: Exported) -> None:
    """`parallel_tool_calls` is true where a turn has several calls, and absent without tools."""
    for record in exported.records:
        several = any(len(message.get("tool_calls", ())) > 1 for message in record["messages"])
        assert record.get("parallel_tool_calls") == (several if "tools" in record else None)


def test_arguments_as_objects_are_noticed(exported: Exported) -> None:
    """The client's own union lets them through; the strict reading does not."""
    record = next(r for r in exported.records if any("tool_calls" in m for m in r["messages"]))
    spoilt = orjson.loads(orjson.dumps(record))
    turn = next(message for message in spoilt["messages"] if "tool_calls" in message)
    turn["tool_calls"][0]["function"]["arguments"] = {"to": "sam@example.com"}
    MESSAGE.validate_python({key: value for key, value in turn.items() if key != "weight"})
    with pytest.raises(ValidationError):
        read_strictly(spoilt)


def test_arguments_encoded_twice_are_noticed(exported: Exported) -> None:
    """They are a string in a string, which the API would take."""
    record = next(r for r in exported.records if any("tool_calls" in m for m in r["messages"]))
    spoilt = orjson.loads(orjson.dumps(record))
    turn = next(message for message in spoilt["messages"] if "tool_calls" in message)
    function = turn["tool_calls"][0]["function"]
    function["arguments"] = orjson.dumps(function["arguments"]).decode()
    with pytest.raises(ValueError, match="encode no object"):
        read_strictly(spoilt)


def test_a_trained_user_turn_is_noticed(exported: Exported) -> None:
    """A weight on a request is an error."""
    spoilt = orjson.loads(orjson.dumps(exported.records[0]))
    next(m for m in spoilt["messages"] if m["role"] == "user")["weight"] = 1
    with pytest.raises(ValueError, match="only assistant turns"):
        read_strictly(spoilt)
