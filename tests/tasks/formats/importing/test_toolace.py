"""ToolACE: calls as text under any names, tools within the prompt."""

import re
from collections import Counter
from typing import Any

import pytest

from tasks.formats.importing.rows import ForeignRow, RejectedRow
from tests.data.reading import load_foreign
from tests.tasks.formats.importing.reading import read_all, read_rejected, read_sound

PROMPT = (
    "You are an expert in composing functions.{note}Here is a list of functions in JSON format"
    " that you can invoke:\n{tools}. \nShould you decide to return the function call(s). \nPut it"
    " in the format of [func1(params_name=params_value)]\n\nNO other text MUST be included. \n"
)
TOOLS = (
    '[{"name": "Get Weather", "description": "Says the weather", "parameters": {"type": "dict",'
    ' "properties": {"city": {"type": "string"}, "days": {"type": "int"},'
    ' "unit": {"type": ["string", "null"]}}, "required": ["city"]}, "required": null}]'
)
RESULT = '[{"name": "Get Weather", "results": 1}]'


def row(*turns: str, tools: str = TOOLS, note: str = "\n") -> dict[str, Any]:
    """Return a row: user and assistant take turns, a JSON list is a tool's."""
    said: list[dict[str, str]] = []
    speaker = "user"
    for text in turns:
        speaker = "tool" if text.startswith('[{"name"') else speaker
        said.append({"from": speaker, "value": text})
        speaker = "user" if speaker == "assistant" else "assistant"
    return {"system": PROMPT.format(tools=tools, note=note), "conversations": said}


def test_real_rows_are_taken_or_rejected_for_a_reason() -> None:
    """Of forty rows with every form that occurs, thirty are taken, and no call is lost."""
    rows = load_foreign("toolace.jsonl")
    found = read_all(rows, "toolace")
    rejected = [each for each in found if isinstance(each, RejectedRow)]
    assert Counter(each.reason for each in rejected) == {
        "unread_tool_list": 8,
        "empty_turn": 1,
        "call_breaks_schema": 1,
    }
    assert {each.detail for each in rejected if each.reason == "unread_tool_list"} == {
        "it lists no tools",
        *(
            f"its tools are {form}, with a call syntax of its own"
            for form in ("a table in HTML", "a table in LaTeX", "XML", "a list in Markdown",
                         "JSON objects with other keys", "indented text")
        ),
    }  # fmt: skip
    for each, given in zip(found, rows, strict=True):
        if isinstance(each, ForeignRow):
            starts = [t["value"].lstrip()[:1] for t in given["conversations"]
                      if t["from"] == "assistant"]  # fmt: skip
            calling = [bool(t.tool_calls) for t in each.messages if t.role == "assistant"]
            assert calling == [start == "[" for start in starts]


def test_a_row_becomes_a_conversation_with_tools() -> None:
    """Names and types are mapped in tools and calls alike, and each result is of its call."""
    found = read_sound(
        row(
            "Oslo and Bergen?",
            '[Get Weather(city="Oslo", days=2), Get Weather(city="Bergen", unit=null)]',
            '[{"name": "Get Weather", "results": {"t": 3}},'
            ' {"name": "Get Weather", "results": "é"}]',
            "3 degrees, and é.",
            note="\nThe current time is 2025-01-01 10:00:00.",
        ),
        "toolace",
    )
    system, user, asks, first, second, last = found.messages
    assert (system.role, system.content) == ("system", "The current time is 2025-01-01 10:00:00.")
    assert user.content == "Oslo and Bergen?"
    assert [(c.name, c.arguments) for c in asks.tool_calls] == [
        ("Get_Weather", {"city": "Oslo", "days": 2}),
        ("Get_Weather", {"city": "Bergen", "unit": None}),
    ]
    assert [(t.content, t.tool_call_id, t.name) for t in (first, second)] == [
        ('{"t": 3}', asks.tool_calls[0].id, "Get_Weather"),
        ('"é"', asks.tool_calls[1].id, "Get_Weather"),
    ]
    assert last.content == "3 degrees, and é."
    (tool,) = found.tools
    assert tool["function"] == {
        "name": "Get_Weather",
        "description": "Says the weather",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer"},
                "unit": {"type": ["string", "null"]},
            },
            "required": ["city"],
            "additionalProperties": False,
        },
    }
    assert found.changed == (
        "the instructions how to write calls as text were left out",
        "name 'Get Weather' became Get_Weather",
        "Get_Weather: type dict became object",
        "Get_Weather: days: type int became integer",
    )


@pytest.mark.parametrize(
    ("note", "kept"),
    [
        ("\nToday is 2025-03-29, Saturday..", "Today is 2025-03-29, Saturday."),
        ("\n", None),
    ],
)
def test_of_the_prompt_only_what_a_call_depends_on_stays(note: str, kept: str | None) -> None:
    """The day, not how to write calls."""
    first = read_sound(row("Hi", "Hello.", note=note), "toolace").messages[0]
    assert (first.content if first.role == "system" else None) == kept


def test_an_empty_list_is_a_row_without_tools() -> None:
    """Its answer says that nothing fits; a link in brackets is no call."""
    found = read_sound(row("Hi", "[None](https://example.org) fits.", tools="[]"), "toolace")
    assert (found.tools, found.calls) == ((), 0)


@pytest.mark.parametrize(
    ("reason", "detail", "given"),
    [
        ("unread_call", "no literal", row("Hi", "[Get Weather(city=Oslo)]")),
        ("unread_call", "within a call", row("Hi", '[Get Weather(city=Weather(city="x"))]')),
        ("unread_call", "no literal", row("Hi", '[Get Weather(city=Get Weather(city="x"))]')),
        ("unread_call", "cut off", row("Hi", '[Get Weather(city="Oslo")')),
        ("unread_call", "cut off", row("Hi", 'Sure: [Get Weather(city="Oslo")]')),
        ("unread_call", "no declared tool", row("Hi", '[Get Wind(city="Oslo")]')),
        ("unread_call", "no tools are declared", row("Hi", "[F(a=1)]", tools="[]")),
        ("call_breaks_schema", "missing", row("Hi", "[Get Weather(days=1)]")),
        ("unread_tool_list", "not JSON", row("Hi", "[F(a=1)]", tools='[{"name": }]')),
        ("unread_tool_list", "can't be kept", row("Hi", "x", tools='[{"name": "\\ud800"}]')),
        ("unread_tool_list", "too large", row("Hi", "x", tools='[{"name": 1e999}]')),
        ("unread_tool_list", "lists no tools", {**row("Hi", "x"), "system": "Be kind."}),
        ("unusable_tool", "no name", row("Hi", "x", tools="[{}]")),
        ("unread_turn", "turn 1", {**row(), "conversations": [{"from": "user", "value": 3}]}),
        ("unknown_role", "'bot'", {**row(), "conversations": [{"from": "bot", "value": "x"}]}),
        ("not_a_row", "system", {"conversations": []}),
        ("no_answer", "nothing", row()),
        ("result_without_call", "nobody", row("Hi", '[Get Weather(city="x")]',
            RESULT, RESULT, "x")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(reason: str, detail: str, given: dict[str, Any]) -> None:
    """A call that can't be read rejects its row: it is never a row without the call."""
    found = read_rejected(given, "toolace")
    assert found.reason == reason
    assert re.search(detail, found.detail)


def test_a_result_that_is_no_list_of_results_is_kept_as_it_stands() -> None:
    """As the result of the one call before it."""
    said = row("Hi", '[Get Weather(city="x")]', "3", "Three.")
    said["conversations"][2]["from"] = "tool"
    said["conversations"][3]["from"] = "assistant"
    assert read_sound(said, "toolace").messages[2].content == "3"
