import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.answers import SimulatedResult, response_schema
from schemas.base import JsonObject, JsonValue
from schemas.dataflow import pick
from schemas.prompts import load_prompt
from tasks.rehearsal.paths import hold

Post = Callable[..., Awaitable[httpx.Response]]
Asking = Callable[..., dict[str, Any]]
Json = dict[str, Any]
Call = Callable[..., Awaitable[tuple[bool, Any]]]


@pytest.fixture
def call(post: Post, asking: Asking) -> Call:
    """Put a call to the simulator; return whether it went well, and its result."""

    async def make(name: str, arguments: Json, *earlier: Json, **facts: object) -> tuple[bool, Any]:
        tool = {"name": name, "description": "x", "parameters": {}}
        said = {"tool": tool, "does": "x", "arguments": arguments, "earlier": earlier, **facts}
        response = await post(asking("simulated_result", said))
        text = response.json()["choices"][0]["message"]["content"]
        answer = SimulatedResult.model_validate_json(text)
        return answer.ok, answer.observed

    return make


def done(tool: str, arguments: Json, result: JsonValue) -> Json:
    """Return an earlier call that went well."""
    return {"tool": tool, "arguments": arguments, "ok": True, "result": result}


async def test_what_is_made_has_an_id_and_says_what_it_concerns(call: Call) -> None:
    """Equal calls after one another make two things."""
    arguments = {"boat": "Kestrel", "seats": 4, "with_crew": True}
    ok, first = await call("create_booking", arguments)
    assert ok
    assert first.items() >= arguments.items()
    assert first["id"].startswith("booking-")
    _, second = await call("create_booking", arguments, done("create_booking", arguments, first))
    assert second["id"] != first["id"]


@pytest.mark.parametrize(
    ("reader", "asked"),
    [
        ("list_bookings", {}),
        ("search_bookings", {"query": "the kestrel"}),
        ("get_booking", {"booking_id": "booking-1"}),
        ("find_booking", {"boat": "Kestrel", "limit": 5}),
    ],
)
async def test_a_thing_made_earlier_is_found(call: Call, reader: str, asked: Json) -> None:
    """By listing, by its id, by what it was made with; after a change with what changed."""
    made = done("create_booking", {"boat": "Kestrel"}, {"id": "booking-1", "status": "done"})
    moved = done("move_booking", {"booking_id": "booking-1", "day": "2031-02-03"}, {"ok": 1})
    for earlier in ([made], [made, moved]):
        ok, result = await call(reader, asked, *earlier, reads=True, must_hold=["found.0.id"])
        assert ok
        assert result["found"][0]["id"] == "booking-1"
        assert "Kestrel" in orjson.dumps(result).decode()
        assert ("2031-02-03" in orjson.dumps(result).decode()) == (moved in earlier)


async def test_what_is_not_asked_for_is_not_found(call: Call) -> None:
    """Another id, other words or another sort of thing find something else."""
    made = done("create_booking", {"boat": "Kestrel"}, {"id": "booking-1"})
    for reader, asked in (
        ("get_booking", {"booking_id": "booking-2"}),
        ("search_bookings", {"query": "sloop"}),
        ("list_members", {}),
    ):
        ok, result = await call(reader, asked, made, reads=True)
        assert ok
        assert result
        assert "booking-1" not in orjson.dumps(result).decode()
        assert all(str(value) in orjson.dumps(result).decode() for value in asked.values())


async def test_what_was_removed_is_gone(call: Call) -> None:
    """A listing no longer has it, and who asks for it is told so."""
    made = done("create_booking", {"boat": "Kestrel"}, {"id": "booking-1"})
    removed = done("cancel_booking", {"booking_id": "booking-1"}, {"status": "removed"})
    _, listed = await call("list_bookings", {}, made, removed, reads=True)
    assert "booking-1" not in orjson.dumps(listed).decode()
    for tool, reads in (("get_booking", True), ("cancel_booking", False)):
        arguments = {"booking_id": "booking-1"}
        ok, result = await call(tool, arguments, made, removed, reads=reads)
        assert not ok
        assert result["error"]["code"] == "not_found"


async def test_the_same_question_has_the_same_answer(call: Call) -> None:
    """Whatever was read in between, and unless something was made that belongs there."""
    asked = {"query": "sloop"}
    first = await call("search_boats", asked, reads=True)
    other = done("get_day", {}, {"day": "2031-01-01"})
    made = done("create_note", {"text": "hello"}, {"id": "note-1"})
    again = await call(
        "search_boats", asked, done("search_boats", asked, first[1]), other, made, reads=True
    )
    assert again == first
    assert await call("search_boats", {"query": "ketch"}, reads=True) != first


async def test_a_thing_that_was_found_stays_what_it_was(call: Call) -> None:
    """Who looks it up by its id reads what the search said of it."""
    _, found = await call("search_boats", {"query": "sloop"}, reads=True)
    (boat,) = found["boats"]
    earlier = done("search_boats", {"query": "sloop"}, found)
    _, result = await call("get_boat", {"boat_id": boat["id"]}, earlier, reads=True)
    assert result.items() >= boat.items()


PATHS = st.lists(
    st.lists(st.sampled_from(["id", "items", "name", "total", "0", "2", "99999999"]), min_size=1,
             max_size=4).map(".".join), max_size=4,
)  # fmt: skip


@given(PATHS, st.booleans())
@settings(max_examples=150, deadline=None)
def test_every_path_that_can_be_held_has_a_value(paths: list[str], filled: bool) -> None:
    """Each path alone is held, and together all that don't exclude one another."""
    before: JsonObject = {"items": [{"id": "a"}], "name": "x"} if filled else {}
    for path in paths:
        assert pick(hold(before, [path], lambda name: f"a {name}"), path) is not None
    held = hold(before, paths, lambda name: f"a {name}")
    assert len(orjson.dumps(held)) < 100_000


@pytest.mark.parametrize("reads", [True, False])
async def test_a_result_has_a_value_at_every_path_it_must(call: Call, reads: bool) -> None:
    """Numbers are places in lists; what the call or the thing has is taken from there."""
    paths = ["bookings.0.booking_id", "bookings.1.contact.email", "total", "boat", "day"]
    _, result = await call("find_booking", {"boat": "Kestrel"}, reads=reads, must_hold=paths)
    assert all(pick(result, path) is not None for path in paths)
    assert pick(result, "boat") == "Kestrel"
    assert isinstance(pick(result, "total"), float)
    assert str(pick(result, "bookings.1.contact.email")).endswith("@example.com")
    _, result = await call("find_booking", {}, reads=reads, must_hold=["0.id"])
    assert pick(result, "0.id")


async def test_results_are_small_and_name_nothing_real(call: Call) -> None:
    """Addresses are on reserved domains, numbers are fictional."""
    fields = ["email", "website", "phone", "city", "owner", "path", "handle", "start_time", "body"]
    for number in range(30):
        _, result = await call("get_member", {"number": number}, reads=True, must_hold=fields)
        text = orjson.dumps(result).decode()
        assert len(text) < 2000
        domains = re.findall(r"(?:@|https://)([\w.-]+)", text)
        assert all(d == "example.com" or d.endswith(".example") for d in domains if "." in d)
        assert re.fullmatch(r"202-555-01\d\d", result["phone"])


async def test_whatever_was_earlier_or_is_asked_gets_a_result(call: Call) -> None:
    """Foreign results of any form are no hindrance."""
    odd_ones: list[JsonValue] = [
        None, 3, [], [[{"id": None}]], {"id": [1]}, {"a": {"b_id": 7}}, "text",
    ]  # fmt: skip
    for odd in odd_ones:
        for name in ("x", "list", "create", "get__", "日本"):
            ok, result = await call(name, {"id": None, "v": [{}]}, done("make_x", {}, odd))
            assert ok
            assert isinstance(result, dict)


async def test_the_reviewed_prompt_is_understood_and_defects_apply(post: Post) -> None:
    """The facts are found in the prompt as it is rendered; at times the answer can't be read."""
    facts = orjson.dumps({"tool": {"name": "get_day"}, "reads": True}, option=orjson.OPT_INDENT_2)
    wanted = {"type": "json_schema", "json_schema": response_schema(SimulatedResult)}
    messages = load_prompt("simulator").render(facts=facts.decode())
    body = {"model": "rehearsal-brisk", "messages": messages, "response_format": wanted}
    answer = (await post(body)).json()
    assert SimulatedResult.model_validate_json(answer["choices"][0]["message"]["content"]).ok
    broken = (await post(body, defects={"bad_json": 1.0})).json()
    assert broken["system_fingerprint"] == "rehearsal:defect=bad_json"
    body["response_format"] = {"type": "json_object"}
    schema = orjson.dumps(response_schema(SimulatedResult)["schema"]).decode()
    body["messages"] = [{"role": "system", "content": schema}, *messages[1:]]
    by_words = (await post(body)).json()["choices"][0]["message"]["content"]
    assert SimulatedResult.model_validate_json(by_words).ok
