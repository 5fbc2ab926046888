"""The released set and our own exports in its form: benign rows are taken, harmful ones are not."""

from typing import Any

import pytest

from tasks.formats.importing.formats import read_record
from tests.tasks.formats.importing.reading import read_all, read_rejected, read_sound

TOOL = {"type": "function", "function": {"name": "find", "parameters": {
    "type": "object", "properties": {}, "required": []}}}  # fmt: skip
CALL = {"id": "call_x", "type": "function", "function": {"name": "find", "arguments": "{}"}}


def row(**more: Any) -> dict[str, Any]:  # noqa: ANN401  # whatever a row may hold
    """Return a benign row of the released form."""
    return {
        "id": "benign-1",
        "category": "benign",
        "pattern": ["find"],
        "messages": [
            {"role": "user", "content": "Find it."},
            {"role": "assistant", "content": None, "tool_calls": [CALL], "refusal": None},
            {"role": "tool", "name": "find", "tool_call_id": "call_x", "content": "{}"},
            {"role": "assistant", "content": "There.", "tool_calls": None},
        ],
        "tools": [TOOL],
        **more,
    }


def refusal(**more: Any) -> dict[str, Any]:  # noqa: ANN401  # whatever a row may hold
    """Return a harmful row of the released form."""
    said = [
        {"role": "user", "content": "Do harm."},
        {"role": "assistant", "content": "I can't help with that."},
    ]
    return row(id="privacy-1", category="privacy", messages=said, **more)


def test_a_benign_row_is_a_conversation() -> None:
    """Content may be null, calls may be missing, and keys may be there that say nothing."""
    found = read_sound(row(), "agentalign")
    assert [turn.role for turn in found.messages] == ["user", "assistant", "tool", "assistant"]
    assert (found.source_id, found.calls) == ("benign-1", 1)


def test_the_keys_of_our_own_exports_are_read_back() -> None:
    """The system prompt is the first turn again; the split says nothing here."""
    found = read_sound(row(system="Be kind.", split="train", canary=None), "agentalign")
    assert (found.messages[0].role, found.messages[0].content) == ("system", "Be kind.")
    assert len(found.messages) == 5


def test_a_set_without_patterns_is_still_the_released_one() -> None:
    """Rows that others brought into it may have none."""
    other = row(id="toolace-1")
    del other["pattern"]
    assert read_sound(other, "agentalign").source_id == "toolace-1"


@pytest.mark.parametrize("given", [refusal(), row(canary="agentalign:1"), refusal(system=3)])
def test_harmful_rows_are_rejected_as_such(given: dict[str, Any]) -> None:
    """By their category, or by the canary that our own carry, whatever else is wrong."""
    assert read_rejected(given, "agentalign").reason == "harmful_row"


def test_a_harmful_row_can_be_read_back_by_itself() -> None:
    """So that an export can be compared with what it was made of."""
    assert len(read_record(refusal(canary="agentalign:1"), "agentalign").messages) == 2


def test_a_row_without_category_is_none() -> None:
    """Nothing says that it is benign."""
    nothing = row()
    del nothing["category"]
    _, found = read_all([row(), nothing], "agentalign")
    assert getattr(found, "reason", None) == "not_a_row"
