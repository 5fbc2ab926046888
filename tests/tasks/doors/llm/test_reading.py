from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.calls import Reply
from tasks.doors.llm.reading import Sent, UnreadableError, read_reply
from tests.tasks.doors.llm.fakes import ask_for

TOOL = {"type": "function", "function": {"name": "send_email", "parameters": {}}}


def read(message: object, finish: str = "stop", **values: Any) -> Reply:  # noqa: ANN401 - fields
    content = orjson.dumps(
        {"model": "m", "choices": [{"message": message, "finish_reason": finish}]}
    )
    return read_reply(content, Sent(ask_for(**values), "k", "one", "m", 2, 0.5))


def call(arguments: object, name: str = "send_email") -> dict[str, Any]:
    return {"tool_calls": [{"id": "a", "function": {"name": name, "arguments": arguments}}]}


def test_text() -> None:
    """A plain answer is its text; who answered and how is beside it."""
    reply = read({"content": "Hello.", "reasoning_content": "Polite."})
    assert (reply.text, reply.error, reply.reasoning) == ("Hello.", None, "Polite.")
    assert (reply.endpoint, reply.attempts, reply.latency_s) == ("one", 2, 0.5)


def test_calls() -> None:
    """Tool calls are decoded; no arguments are an empty object."""
    reply = read({"content": None, **call('{"to": "a@example.com"}')}, finish="tool_calls")
    assert reply.error is None
    assert reply.tool_calls[0].arguments == {"to": "a@example.com"}
    assert read(call("")).tool_calls[0].arguments == {}


@pytest.mark.parametrize("arguments", ["{", "[1]", '"text"', 3])
def test_arguments_that_are_no_object(arguments: object) -> None:
    """Arguments that can't be read make the answer malformed; what came is kept as text."""
    reply = read(call(arguments))
    assert reply.error == "malformed"
    assert "send_email" in reply.text
    assert reply.tool_calls == ()


@pytest.mark.parametrize(
    ("message", "finish", "error"),
    [
        ({"content": '{"half": '}, "length", "truncated"),
        (call("{}"), "length", "truncated"),
        ({"content": ""}, "content_filter", "content_filtered"),
        ({"content": "half an ans"}, "MAX_TOKENS", "truncated"),
        ({"content": "half an ans"}, "model_length", "truncated"),
        ({"content": "<think>and so on"}, "stop", "truncated"),
        ({"content": "  "}, "stop", "malformed"),
        ({"content": None}, "stop", "malformed"),
    ],
)
def test_answers_that_are_none(message: dict[str, Any], finish: str, error: str) -> None:
    """Cut, filtered and empty answers are errors, never taken for whole."""
    assert read(message, finish).error == error


@pytest.mark.parametrize("finish", ["abort", "error", "insufficient_system_resource"])
def test_an_answer_that_was_broken_off_is_none(finish: str) -> None:
    """What the server itself gave up is asked for again."""
    with pytest.raises(UnreadableError, match="broken off"):
        read({"content": "half an ans"}, finish)


def test_an_end_that_is_not_told_is_judged_by_the_room_left() -> None:
    """Without a finish reason an answer as long as its limit is cut, a shorter one is whole."""
    for spent, error in ((99, None), (100, "truncated")):
        content = orjson.dumps(
            {"choices": [{"message": {"content": "x"}}], "usage": {"completion_tokens": spent}}
        )
        sent = Sent(ask_for(max_tokens=100), "k", "one", "m", 1, 0.0)
        assert read_reply(content, sent).error == error


def test_a_thought_in_tags_is_no_part_of_the_answer() -> None:
    """It is kept as reasoning, as what comes in a field of its own is."""
    reply = read({"content": "<think>\nHarmless.\n</think>\n\nDone."})
    assert (reply.text, reply.reasoning, reply.error) == ("Done.", "Harmless.", None)


def test_a_structured_answer_may_come_as_a_call() -> None:
    """Where shape was asked for, a call's arguments are the answer."""
    reply = read(call('{"a": 1}'), response_schema={"name": "x", "schema": {}})
    assert (reply.text, reply.tool_calls, reply.error) == ('{"a":1}', (), None)


def test_cached_tokens_by_either_name() -> None:
    """Prompt tokens that came from a prefix cache are counted apart."""
    for usage in (
        {"prompt_tokens_details": {"cached_tokens": 7}},
        {"prompt_cache_hit_tokens": 7, "prompt_cache_miss_tokens": 3},
    ):
        content = orjson.dumps({"choices": [{"message": {"content": "x"}}], "usage": usage})
        reply = read_reply(content, Sent(ask_for(), "k", "one", "m", 1, 0.0))
        assert reply.usage.cached_tokens == 7


def test_a_refusal_is_an_answer_of_a_responder_only() -> None:
    """A responder may refuse, a writer of requests may not."""
    message = {"content": None, "refusal": "I won't do that."}
    assert read(message, role="responder").text == "I won't do that."
    assert read(message, role="responder").error is None
    assert read(message, role="generator").error == "generator_refused"


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>{"name": "x"}</tool_call>',
        "<|python_tag|>send_email()",
        '{"name": "send_email", "arguments": {}}',
        '```json\n{"name": "send_email", "arguments": {}}\n```',
    ],
)
def test_a_call_in_words(text: str) -> None:
    """A call that was written as text is an error where tools were offered."""
    assert read({"content": text}, tools=(TOOL,)).error == "unparsed_call"
    assert read({"content": text}).error is None


def test_talk_about_json_is_no_call() -> None:
    """Text that only quotes an object stays text."""
    assert read({"content": 'I stored {"name": "send_email"} there.'}, tools=(TOOL,)).error is None


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"{}", b'{"choices": []}'])
def test_no_completion(content: bytes) -> None:
    """A body that is no completion is told from an answer."""
    with pytest.raises(UnreadableError):
        read_reply(content, Sent(ask_for(), "k", "one", "m", 1, 0.0))


def test_half_an_emoji() -> None:
    """Half a surrogate pair, which models cut, loses that character and not the answer."""
    content = rb'{"choices": [{"message": {"content": "ok \ud83d"}, "finish_reason": "stop"}]}'
    assert read_reply(content, Sent(ask_for(), "k", "one", "m", 1, 0.0)).text == "ok ?"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
names = ("content", "tool_calls", "refusal", "function", "arguments", "reasoning_content")
messages = st.dictionaries(st.sampled_from(names), json_values)


@given(message=messages | json_values, calls=st.lists(messages, max_size=2) | json_values)
def test_any_message_is_read_or_refused(message: object, calls: object) -> None:
    """Whatever an endpoint sends, there is a reply or one kind of exception."""
    whole = {**message, "tool_calls": calls} if isinstance(message, dict) else message
    content = orjson.dumps({"choices": [{"message": whole}], "usage": message, "model": calls})
    try:
        reply = read_reply(content, Sent(ask_for(), "k", "one", "m", 1, 0.0))
    except UnreadableError:
        return
    assert isinstance(reply, Reply)
