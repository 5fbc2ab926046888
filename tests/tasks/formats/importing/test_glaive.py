"""Glaive, raw: a conversation as one text, arguments in single quotes."""

from typing import Any

import pytest

from tasks.formats.importing.rows import ForeignRow, RejectedRow
from tests.data.reading import load_foreign
from tests.tasks.formats.importing.reading import read_all, read_rejected, read_sound

SYSTEM = (
    "SYSTEM: You are a helpful assistant with access to the following functions. Use them if"
    ' required -\n{\n    "name": "find",\n    "description": "Finds",\n    "parameters": {"type":'
    ' "object", "properties": {"what": {"type": "string"}}, "required": ["what"]}\n}\n\n{\n'
    '    "name": "list_all",\n    "description": "Lists",\n    "parameters": {}\n}\n'
)
PLAIN = "SYSTEM: You are a helpful assistant, with no access to external functions.\n"


def chat(*turns: str) -> str:
    """Return turns as one text, each with its end mark."""
    ended = (f"{t} <|endoftext|>" if t.startswith("ASSISTANT") else t for t in turns)
    return "\n\n\n".join([*ended, ""])


def row(*turns: str, system: str = SYSTEM) -> dict[str, Any]:
    """Return a row."""
    return {"system": system, "chat": chat(*turns)}


CALL = """ASSISTANT: <functioncall> {"name": "find", "arguments": '{"what": "Tom's \\"x\\""}'}"""
RESULT = 'FUNCTION RESPONSE: {"found": "it\'s USER: here"}'


def test_real_rows_are_read() -> None:
    """A schema that somebody elided is no schema; lost line breaks do no harm."""
    elided, tells, calls = read_all(load_foreign("glaive_raw.jsonl"), "glaive")
    assert isinstance(elided, RejectedRow)
    assert isinstance(tells, ForeignRow)
    assert isinstance(calls, ForeignRow)
    assert (elided.reason, elided.calls) == ("unread_tool_list", 2)
    assert [t.role for t in tells.messages] == ["user", "assistant"]
    said = calls.messages
    assert [t.role for t in said] == ["user", "assistant", "user", "assistant", "tool", "assistant"]
    assert said[3].tool_calls[0].arguments == {
        "principal": 50000, "interest_rate": 5, "loan_term": 10,
    }  # fmt: skip


def test_a_row_becomes_a_conversation() -> None:
    """Apostrophes within quotes, words before a call, a speaker's name within a text."""
    found = read_sound(
        row(
            "USER: Who said ASSISTANT: hello?",
            CALL,
            RESULT,
            "ASSISTANT: It is there.\n\nAnd more.",
            "USER: All?",
            """ASSISTANT: Let me see. <functioncall> {"name": "list_all", "arguments": '{}'}""",
            "FUNCTION RESPONSE: []",
            "ASSISTANT: None.",
        ),
        "glaive",
    )
    assert [(t.role, t.content) for t in found.messages] == [
        ("user", "Who said ASSISTANT: hello?"),
        ("assistant", None),
        ("tool", '{"found": "it\'s USER: here"}'),
        ("assistant", "It is there.\n\nAnd more."),
        ("user", "All?"),
        ("assistant", "Let me see."),
        ("tool", "[]"),
        ("assistant", "None."),
    ]
    calls = [call for turn in found.messages for call in turn.tool_calls]
    assert [(c.name, c.arguments) for c in calls] == [
        ("find", {"what": 'Tom\'s "x"'}), ("list_all", {}),
    ]  # fmt: skip
    assert [tool["function"]["name"] for tool in found.tools] == ["find", "list_all"]  # type: ignore[call-overload, index]
    assert found.changed == ("the sentence that introduces the tools was left out",)


@pytest.mark.parametrize(
    "body",
    [
        """{"name": "find", "arguments": '{"what": "a"}'}""",
        """{"name": "find", "arguments": {"what": "a"}}""",
        """{"name": "find", "arguments": "{\\"what\\": \\"a\\"}"}""",
        """{ "name" : "find" , "arguments" : '{"what":\n "a"}' , }""",
        """{"arguments": {"what": "a"}, "name": "find"}""",
    ],
)
def test_arguments_are_read_however_they_are_quoted(body: str) -> None:
    """As JSON text in single quotes, which is the usual form, as an object, or as a JSON string."""
    found = read_sound(row("USER: Find a", f"ASSISTANT: <functioncall> {body}"), "glaive")
    assert found.messages[-1].tool_calls[0].arguments == {"what": "a"}


def test_an_escaped_apostrophe_is_an_apostrophe() -> None:
    """JSON knows no such escape; Python's quotes do."""
    body = """{"name": "find", "arguments": '{"what": "Tom\\'s"}'}"""
    found = read_sound(row("USER: Find a", f"ASSISTANT: <functioncall> {body}"), "glaive")
    assert found.messages[-1].tool_calls[0].arguments == {"what": "Tom's"}


def test_a_prompt_without_functions_stays() -> None:
    """It says something, where a list of tools says it for the others."""
    found = read_sound(row("USER: Hi", "ASSISTANT: Hello", system=PLAIN), "glaive")
    assert found.messages[0].content == (
        "You are a helpful assistant, with no access to external functions."
    )
    assert found.tools == ()


@pytest.mark.parametrize(
    ("reason", "detail", "given"),
    [
        ("not_a_row", "chat", {"system": SYSTEM}),
        ("unread_tool_list", "not JSON", row("USER: a", "ASSISTANT: b", system=SYSTEM[:-20])),
        ("unread_tool_list", "lists none", row("USER: a", system=SYSTEM.split("{")[0])),
        ("unread_call", "cut off", row("USER: a", CALL[:-2])),
        ("unread_call", "are not JSON", row("USER: a", CALL.replace('what"', "what"))),
        ("unread_call", "at character", row("USER: a", "ASSISTANT: <functioncall> find it")),
        ("unread_call", "cut off", row("USER: a", f"{CALL} and so on")),
        ("unread_turn", "end mark", row("USER: a", "ASSISTANT: b <|endoftext|> c")),
        ("unknown_role", "nobody", row("Hello", "USER: a", "ASSISTANT: b")),
        ("unknown_tool", "'lose'", row("USER: a", CALL.replace("find", "lose"))),
        ("call_breaks_schema", "missing", row("USER: a", CALL.replace("what", "who"))),
        ("call_without_result", "of find", row("USER: a", CALL, "USER: b", "ASSISTANT: c")),
        ("result_without_call", "nobody", row("USER: a", "ASSISTANT: b", RESULT, "ASSISTANT: c")),
        ("no_answer", "user", row("USER: a")),
        ("no_answer", "nothing", row()),
        ("empty_turn", "assistant", row("USER: a", "ASSISTANT:")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(reason: str, detail: str, given: dict[str, Any]) -> None:
    """A call that can't be read rejects its row."""
    found = read_rejected(given, "glaive")
    assert found.reason == reason
    assert detail in found.detail
