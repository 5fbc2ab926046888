"""Conversations in OpenAI's messages, as their makers and as trainers write them."""

import json
from copy import deepcopy
from typing import Any

import pytest

from schemas.messages import Message, ToolCall
from tasks.formats.importing.rows import ForeignRow
from tests.data.reading import load_rows
from tests.tasks.formats.importing.reading import read_all, read_rejected, read_sound

Row = dict[str, Any]
TOOL: Row = {
    "type": "function",
    "function": {
        "name": "find",
        "description": "Finds things",
        "parameters": {
            "type": "object",
            "properties": {"what": {"type": "string"}},
            "required": ["what"],
        },
    },
}


def call(
    arguments: object = '{"what": "a"}', name: str = "find", call_id: str | None = "c1"
) -> Row:
    """Return a call in OpenAI's form."""
    given: Row = {"type": "function", "function": {"name": name, "arguments": arguments}}
    return given if call_id is None else {"id": call_id, **given}


def result(call_id: str | None = "c1", **more: object) -> Row:
    """Return a tool's turn."""
    given = {} if call_id is None else {"tool_call_id": call_id}
    return {"role": "tool", "content": "{}", **given, **more}


def row(*turns: Row, **more: object) -> Row:
    """Return a row of a request and some turns."""
    return {"messages": [{"role": "user", "content": "Find it."}, *turns], "tools": [TOOL], **more}


def says(text: str, **more: object) -> Row:
    """Return an assistant's text."""
    return {"role": "assistant", "content": text, **more}


def calls(*given: Row, **more: object) -> Row:
    """Return an assistant's turn of calls."""
    return {"role": "assistant", "content": None, "tool_calls": [*given], **more}


PLAIN = row(calls(call()), result(), says("Done."))


@pytest.mark.parametrize(
    ("name", "rows", "count"), [("agentdojo_workspace", 40, 84), ("bfcl_multi_turn", 60, 344)]
)
def test_every_call_of_real_trajectories_is_taken(name: str, rows: int, count: int) -> None:
    """All 428 calls of two benchmarks, with the very arguments, keep their tools' contract."""
    given = load_rows(name)
    found = read_all(given, "openai")
    assert len(found) == rows
    assert all(isinstance(each, ForeignRow) for each in found)
    assert sum(each.calls for each in found) == count
    said = [c["function"]["arguments"] for r in given for m in r["messages"]
            for c in m.get("tool_calls") or ()]  # fmt: skip
    read = [c.arguments for r in found if isinstance(r, ForeignRow) for m in r.messages
            for c in m.tool_calls]  # fmt: skip
    assert read == [json.loads(arguments) for arguments in said]


def test_a_row_is_read_to_the_letter() -> None:
    """Roles, texts, ids and tools are as they were; only the assistant's turns carry loss."""
    found = read_sound({**PLAIN, "id": 7}, "openai")
    assert found.source_id == "7"
    assert found.messages == (
        Message(role="user", content="Find it.", train=False),
        Message(
            role="assistant", tool_calls=(ToolCall(id="c1", name="find", arguments={"what": "a"}),)
        ),
        Message(role="tool", content="{}", tool_call_id="c1", name="find", train=False),
        Message(role="assistant", content="Done."),
    )
    (tool,) = found.tools
    assert tool["function"] == {
        **TOOL["function"],
        "parameters": {**TOOL["function"]["parameters"], "additionalProperties": False},
    }
    assert found.changed == ()


def trl(given: Row) -> Row:
    """Return a row as trl wants it."""
    changed = deepcopy(given)
    for turn in changed["messages"]:
        turn["content"] = turn["content"] or ""
        for each in turn.get("tool_calls", ()):
            each["function"]["arguments"] = json.loads(each["function"]["arguments"])
    return {**changed, "tools": json.dumps(changed["tools"])}


def in_parts(given: Row) -> Row:
    """Return a row whose texts are lists of parts."""
    changed = deepcopy(given)
    for turn in changed["messages"]:
        if turn["content"]:
            turn["content"] = [{"type": "text", "text": turn["content"]}]
    return changed


@pytest.mark.parametrize(
    "same",
    [
        trl(PLAIN),
        in_parts(PLAIN),
        {**PLAIN, "parallel_tool_calls": False, "whatever": [None]},
        row(calls(call(), weight=1), result(name="find"), says("Done.", tool_calls=None)),
        row(calls(call()), result(call_id=None), says("Done.", metadata={"masked": False})),
        row(
            {"role": "assistant", "content": "", "tool_calls": [call()], "refusal": None},
            result(),
            says("Done.", function_call=None),
        ),
    ],
)  # fmt: skip
def test_what_trainers_make_of_a_row_is_the_same_row(same: Row) -> None:
    """Arguments as objects, tools as text, content in parts, keys that say nothing."""
    assert read_sound(same, "openai").messages == read_sound(PLAIN, "openai").messages
    assert read_sound(same, "openai").tools == read_sound(PLAIN, "openai").tools


def test_legacy_functions_are_calls() -> None:
    """`function_call`, `functions` and the role `function` are of the same conversation."""
    legacy = {
        "functions": [TOOL["function"]],
        "messages": [
            {"role": "user", "content": "Find it."},
            {
                "role": "assistant",
                "content": None,
                "function_call": {"name": "find", "arguments": '{"what": "a"}'},
            },
            {"role": "function", "name": "find", "content": "{}"},
            says("Done."),
        ],
    }
    found = read_sound(legacy, "openai")
    assert [turn.role for turn in found.messages] == ["user", "assistant", "tool", "assistant"]
    assert found.messages[1].tool_calls[0].arguments == {"what": "a"}


@pytest.mark.parametrize(
    "mark", [{"weight": 0}, {"metadata": {"masked": True}}, {"loss_weight": 0}]
)
def test_a_masked_turn_carries_no_loss(mark: Row) -> None:
    """In whichever words it is said; the other turns keep theirs."""
    found = read_sound(row(calls(call(), **mark), result(), says("Done.")), "openai")
    assert [turn.train for turn in found.messages] == [False, False, False, True]


@pytest.mark.parametrize(
    ("turn", "thoughts", "text"),
    [
        (says("Done.", reasoning_content="Hm."), "Hm.", "Done."),
        (says("<think>\nHm.\n</think>\n\nDone."), "Hm.", "Done."),
        (says("<think>\n\n</think>\n\nDone."), None, "Done."),
        (says("Done. <think>"), None, "Done. <think>"),
    ],
)
def test_thoughts_are_kept_apart(turn: Row, thoughts: str | None, text: str) -> None:
    """In a key of their own, or before the text."""
    last = read_sound(row(turn), "openai").messages[-1]
    assert (last.reasoning, last.content) == (thoughts, text)


def test_ids_are_made_of_the_call_and_told_apart() -> None:
    """A call without an id gets the same one each time; two with one id are two."""
    lacking = row(
        calls(call(call_id=None), call(call_id=None)), result(None), result(None), says("x")
    )
    first, again = read_sound(lacking, "openai"), read_sound(lacking, "openai")
    ids = [each.id for each in first.messages[1].tool_calls]
    assert first == again
    assert len(set(ids)) == 2
    assert [turn.tool_call_id for turn in first.messages[2:4]] == ids
    twice = row(calls(call()), result(content="1"), calls(call()), result(content="2"), says("x"))
    found = read_sound(twice, "openai")
    assert [turn.tool_call_id for turn in found.messages if turn.role == "tool"] == ["c1", "c1_2"]
    assert found.changed == ("call id c1, given again, became c1_2",)


def test_results_find_their_calls_in_any_order() -> None:
    """By id; without ids by the tool's name, else by order."""
    two = calls(call(call_id="a"), call(call_id="b"))
    found = read_sound(
        row(two, result("b", content="B"), result("a", content="A"), says("x")), "openai"
    )
    assert [(t.tool_call_id, t.content) for t in found.messages[2:4]] == [("b", "B"), ("a", "A")]


USER, SYSTEM = {"role": "user", "content": "x"}, {"role": "system", "content": "x"}
MIXED: list[tuple[str, str, Row]] = [
    ("not_a_row", "messages", {"id": 1}),
    ("not_a_row", "messages", {"messages": "hello"}),
    ("unread_turn", "turn 2 is no object", row("hello", says("x"))),  # type: ignore[arg-type]
    ("unknown_role", "'oracle'", row({"role": "oracle", "content": "x"}, says("y"))),
    ("unknown_role", "turn 2: 3", row({"role": 3, "content": "x"}, says("y"))),
    ("unread_turn", "content is no text", row({"role": "assistant", "content": 3})),
    ("unread_turn", "no text", row(says([{"type": "image_url", "image_url": "x"}]))),  # type: ignore[arg-type]
    ("unread_turn", "tool_call_id", row(calls(call()), result(call_id=3), says("x"))),  # type: ignore[arg-type]
    ("unread_turn", "weight", row(says("x", weight=0.5))),
    ("unread_turn", "weight", row(says("x", weight="0"))),
    ("unread_turn", "weight", row(says("x", metadata={"masked": "yes"}))),
    ("unread_turn", "user calls", {"messages": [{**USER, "tool_calls": [call()]}, says("x")]}),
    ("unread_turn", "tool calls", row(calls(call()), result(tool_calls=[call()]), says("x"))),
    ("not_a_row", "`id`", row(says("x"), id={"a": 1})),
    ("not_a_row", "`id`", row(says("x"), id=True)),
    ("unread_tool_list", "no list", row(says("x"), tools={"a": 1})),
    ("unread_tool_list", "not JSON", row(says("x"), tools="[{")),
    ("unusable_tool", "no name", row(says("x"), tools=[3])),
    ("unusable_tool", "unknown type", row(says("x"), tools=[
        {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "wish"}}}}])),
    ("unusable_tool", "two different tools", row(says("x"), tools=[
        {"name": "f"}, {"name": "f", "description": "other"}])),
    ("unread_call", "no function with a name", row(calls({"id": "c"}), result("c"), says("x"))),
    ("unread_call", "are not JSON", row(calls(call('{"what": ')), result(), says("x"))),
    ("unread_call", "are no object", row(calls(call("[1]")), result(), says("x"))),
    ("unread_call", "nested too deep", row(calls(call('{"what":' * 9999)), result(), says("x"))),
    ("unread_call", "no list", row({"role": "assistant", "tool_calls": {"a": 1}})),
    ("unread_call", "stands in its text", row(says('<tool_call>{"name": "find"}</tool_call>'))),
    ("unknown_tool", "'lose' is none", row(calls(call(name="lose")), result(), says("x"))),
    ("unknown_tool", "'find' is none", row(calls(call()), result(), says("x"), tools=[])),
    ("call_breaks_schema", "missing parameters: what", row(calls(call("{}")), result(), says("x"))),
    ("call_breaks_schema", "unknown parameters: to", row(calls(call({"what": "a", "to": 1})))),
    ("empty_turn", "assistant says nothing", row({"role": "assistant", "content": "  "})),
    ("empty_turn", "user says nothing", {"messages": [{"role": "user", "content": ""}, says("x")]}),
    ("wrong_order", "user comes after user", row(USER, says("y"))),
    ("wrong_order", "assistant comes after assistant", row(says("x"), says("y"))),
    ("wrong_order", "system comes after", row(says("x"), {"role": "system", "content": "y"})),
    ("wrong_order", "tool comes after user", row(result(), says("x"))),
    ("result_without_call", "of c1", row(says("x"), result(), says("y"))),
    ("result_without_call", "of c9", row(calls(call()), result("c9"), says("y"))),
    ("result_without_call", "of c1", row(calls(call()), result(), result(), says("y"))),
    ("result_without_call", "of c1", row(calls(call()), result(name="lose"), says("y"))),
    ("call_without_result", "comes after assistant", row(calls(call()), says("y"))),
    ("call_without_result", "of find", row(calls(call()), USER, says("y"))),
    ("call_without_result", "of find", row(calls(call(), call(call_id="d")), result(), says("y"))),
    ("no_request", "assistant comes after nothing", {"messages": [says("x")]}),
    ("no_request", "comes after system", {"messages": [SYSTEM, says("x")]}),
    ("no_answer", "ends with nothing", {"messages": []}),
    ("no_answer", "ends with user", row(says("x"), {"role": "user", "content": "y"})),
    ("no_answer", "ends with tool", row(calls(call()), result())),
    ("harmful_row", "canary", row(says("x"), canary="agentalign")),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "detail", "given"), MIXED)
def test_what_is_wrong_is_named_with_its_place(reason: str, detail: str, given: Row) -> None:
    """A stable word, what exactly was found, and where the row stands."""
    found = read_rejected(given, "openai")
    assert (found.reason, found.place) == (reason, "rows.json, row 1")
    assert detail in found.detail


def test_calls_of_a_rejected_row_are_counted() -> None:
    """Those seen, and of them those that could be read."""
    found = read_rejected(row(calls(call(), call("{", call_id="d")), says("x")), "openai")
    assert (found.calls, found.calls_parsed) == (2, 1)


def test_a_row_may_end_in_a_call() -> None:
    """Many datasets end there; who wants a whole conversation can tell."""
    found = read_sound(row(calls(call())), "openai")
    assert found.ends_in_call
    assert (found.calls, found.steps) == (1, 0)
    assert not read_sound(PLAIN, "openai").ends_in_call
    assert read_sound(PLAIN, "openai").steps == 1


def test_a_row_that_would_take_for_ever_is_rejected_at_once() -> None:
    """Thousands of turns, calls or tools: what is matched one with another has a bound."""
    many = 20_000
    turns = [turn for _ in range(many // 2) for turn in (says("x"), USER)]
    given = [call(call_id=str(number)) for number in range(many)]
    tools = [{"name": f"f{number}"} for number in range(many)]
    for large in (row(*turns, says("x")), row(calls(*given)), row(says("x"), tools=tools)):
        found = read_rejected(large, "openai")
        assert found.reason == "too_large"
        assert "500 are the most" in found.detail
