"""ShareGPT with tools: Glaive's derivative, and what is exported for LLaMA-Factory."""

import json
from typing import Any

import pytest

from tasks.formats.importing.rows import ForeignRow
from tests.data.reading import load_foreign
from tests.tasks.formats.importing.reading import read_all, read_rejected, read_sound

TOOLS = [{"name": "find", "description": "Finds", "parameters": {
    "type": "object", "properties": {"what": {"type": "string"}}}}]  # fmt: skip
FIRST = {"name": "find", "arguments": {"what": "a < b"}}
SECOND = {"name": "find", "arguments": {"what": "c"}}


def row(*turns: tuple[str, str], **more: object) -> dict[str, Any]:
    """Return a row of a request and some turns."""
    said = [{"from": speaker, "value": value} for speaker, value in (("human", "Find."), *turns)]
    return {"conversations": said, "tools": json.dumps(TOOLS), **more}


def test_real_rows_are_taken_with_every_call() -> None:
    """Thirty rows of all shapes, with as many calls as their texts have."""
    rows = load_foreign("glaive_sharegpt.json")
    found = read_all(rows, "glaive-sharegpt")
    assert all(isinstance(each, ForeignRow) for each in found)
    speakers = [turn["from"] for given in rows for turn in given["conversations"]]
    assert sum(each.calls for each in found) == speakers.count("function_call") == 22


def test_calls_made_at_once_have_their_results() -> None:
    """A JSON list of calls, and results in one observation, as either of two ways joins them."""
    for joined in ('{"n": 1}\n</tool_response>\n<tool_response>\nnone', '[{"n": 1}, "none"]'):
        asks = ("function_call", json.dumps([FIRST, SECOND]))
        found = read_sound(row(asks, ("observation", joined), ("gpt", "Done.")), "glaive-sharegpt")
        _, asked, one, two, last = found.messages
        assert [c.arguments["what"] for c in asked.tool_calls] == ["a < b", "c"]
        assert [t.content for t in (one, two)] == ['{"n": 1}', "none"]
        assert [t.tool_call_id for t in (one, two)] == [c.id for c in asked.tool_calls]
        assert last.content == "Done."


@pytest.mark.parametrize(
    ("value", "thoughts", "words"),
    [
        (json.dumps(FIRST), None, None),
        (f"<tool_call>{json.dumps(FIRST)}</tool_call>", None, None),
        (f"I look.\n<tool_call>{json.dumps(FIRST)}</tool_call>", None, "I look."),
        (f"<think>\nHm.\n</think>\n\n{json.dumps(FIRST)}", "Hm.", None),
        (f"<think>\nHm.\n</think>\n\nA.\n<tool_call>{json.dumps(FIRST)}</tool_call>", "Hm.", "A."),
        (f"<think>\n\n</think>\n\n<tool_call>{json.dumps([FIRST])}</tool_call>", None, None),
        (json.dumps(FIRST).replace("<", "\\u003c"), None, None),
    ],
)  # fmt: skip
def test_words_and_thoughts_before_a_call_are_kept(
    value: str, thoughts: str | None, words: str | None
) -> None:
    """Each in its own place, and the call is the same."""
    asked = read_sound(row(("function_call", value)), "glaive-sharegpt").messages[-1]
    assert (asked.reasoning, asked.content) == (thoughts, words)
    assert asked.tool_calls[0].arguments == {"what": "a < b"}


def test_a_system_prompt_is_the_first_turn() -> None:
    """In a key of its own, or among the turns; an empty one is none."""
    beside = row(("gpt", "Hi."), system="Be kind.")
    among = row(("gpt", "Hi."))
    among["conversations"].insert(0, {"from": "system", "value": "Be kind."})
    for given in (beside, among):
        assert read_sound(given, "glaive-sharegpt").messages[0].content == "Be kind."
    assert len(read_sound(row(("gpt", "Hi."), system=""), "glaive-sharegpt").messages) == 2


@pytest.mark.parametrize(
    ("reason", "detail", "given"),
    [
        ("not_a_row", "conversations", {"tools": "[]"}),
        ("unread_turn", "turn 2", row(("gpt", 3))),  # type: ignore[arg-type]
        ("unread_turn", "system prompt", row(("gpt", "x"), system=3)),
        ("unread_tool_list", "not JSON", row(("gpt", "x"), tools="[")),
        ("unread_call", "at character", row(("function_call", "find(a)"))),
        ("unread_call", "at character", row(("function_call", "Sure. " + json.dumps(FIRST)))),
        ("unread_call", "no function", row(("function_call", "[1]"))),
        ("unread_call", "at character", row(("gpt", "<tool_call>{}"))),
        ("unread_call", "stands in its text", row(("gpt", "<functioncall> find"))),
        ("unread_call", "no function", row(("gpt", "<tool_call>{}</tool_call>"))),
        ("unknown_tool", "'find' is none", row(("function_call", json.dumps(FIRST)), tools="[]")),
        ("call_without_result", "of find", row(("function_call", json.dumps([FIRST, SECOND])),
            ("observation", "{}"), ("gpt", "x"))),
        ("unknown_role", "'judge'", row(("judge", "x"))),
        ("no_answer", "user", row()),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(reason: str, detail: str, given: dict[str, Any]) -> None:
    """A call that can't be read rejects its row."""
    found = read_rejected(given, "glaive-sharegpt")
    assert found.reason == reason
    assert detail in found.detail
