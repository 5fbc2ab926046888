"""Faults and notes in a world."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import JsonValue
from schemas.dataflow import pick
from schemas.incidents import FaultCode, Incident
from schemas.messages import ToolCall
from schemas.own_tools import OwnTools
from tasks.world import Toolbox, World, describe_toolbox
from tasks.world.contract import MOST_CALLS
from tasks.world.incidents import FAULTS, with_note

FAULT = Incident(at=0, kind="fault", code="rate_limited")
NOTE = "This is for the neighbour's account."
REVEAL = Incident(at=0, kind="reveal", text=NOTE)
SEARCH = ToolCall(id="s", name="lumenfind_web_search", arguments={"query": "harbor"})
SEND = ToolCall(
    id="m",
    name="postbird_send_email",
    arguments={"to": "mira@example.com", "subject": "Plan", "body": "Ready"},
)
UNSOUND = (
    ToolCall(id="n", name="nobody", arguments={}),
    ToolCall(id="u", name="postbird_send_email", arguments={"to": "mira@example.com"}),
)
REFUSED = ToolCall(
    id="r", name="ledgerly_create_payment",
    arguments={"payee": "nobody at all", "currency": "EUR", "amount_cents": 5},
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "note", "note_2", "result", "rows"]), inner)
    ),
    max_leaves=12,
)


def simulating() -> Toolbox:
    """Return a toolbox with one tool that somebody else plays."""
    own = {
        "capabilities": [{"id": "Own.open", "description": "Open a ticket",
                          "needs": [{"name": "title", "kind": "short_text"}], "yields": []}],
        "tools": [{"name": "open_ticket", "capability": "Own.open", "provider": "Own",
                   "description": "Opens a ticket at the desk.",
                   "parameters": {"type": "object", "required": ["title"],
                                  "properties": {"title": {"type": "string"}}},
                   "arguments": {"title": {"needs": ["title"]}}, "results": {}}],
        "code": "",
    }  # fmt: skip
    return describe_toolbox(OwnTools.model_validate(own))


OPEN = ToolCall(id="o", name="open_ticket", arguments={"title": "Printer"})


def test_every_code_has_words() -> None:
    """There is a message for each fault that can be planned."""
    assert FAULTS.keys() == set(get_args(FaultCode))


def test_a_fault_keeps_a_call_from_being_done_once() -> None:
    """The error is an ordinary one; the same call again comes to what it would have."""
    world, plain = World(4, incidents=(FAULT,)), World(4)
    before = (world.digest(), world.now())
    struck = world.call(SEND)
    message = "There are too many requests just now. Nothing was done; the same call can be"
    error: Any = struck.result
    assert error["error"]["code"] == "rate_limited"
    assert error["error"]["message"].startswith(message)
    assert (struck.ok, struck.changes, struck.incident) == (False, (), "fault")
    assert (world.digest(), world.now()) == before
    assert world.call(SEND) == plain.call(SEND)
    assert (world.digest(), world.now()) == (plain.digest(), plain.now())


def test_a_fault_waits_for_a_call_that_is_sound() -> None:
    """An agent's own mistakes keep their own errors, and are told from faults."""
    world = World(4, incidents=(FAULT,))
    mistakes = [world.call(call) for call in UNSOUND]
    assert [done.incident for done in mistakes] == ["", ""]
    assert world.call(SEARCH).incident == "fault"


def test_incidents_count_the_calls_that_succeeded() -> None:
    """Neither a mistake, nor a refusal, nor a fault moves what is planned for later."""
    later = (
        Incident(at=1, kind="fault", code="timed_out"),
        Incident(at=1, kind="reveal", text="x"),
    )
    world = World(4, incidents=(FAULT, *later))
    calls = (*UNSOUND, SEARCH, SEARCH, *UNSOUND, SEND, REFUSED, SEND, SEARCH)
    told = [(done.ok, done.incident) for done in map(world.call, calls)]
    no = (False, "")
    assert told == [
        no, no, (False, "fault"), (True, ""), no, no, (False, "fault"), no, (True, "reveal"),
        (True, ""),
    ]  # fmt: skip


def test_two_faults_at_one_place_strike_one_after_the_other() -> None:
    """Each strikes once."""
    world = World(4, incidents=(FAULT, FAULT))
    assert [world.call(SEND).incident for _ in range(3)] == ["fault", "fault", ""]


def test_a_note_lies_on_what_was_found() -> None:
    """The call is done as ever, its result has one field more."""
    world, plain = World(4, incidents=(REVEAL,)), World(4)
    seen, unseen = world.call(SEARCH), plain.call(SEARCH)
    assert isinstance(unseen.result, dict)
    assert seen.result == {**unseen.result, "note": NOTE}
    assert (seen.ok, seen.incident) == (True, "reveal")
    assert world.call(SEARCH) == plain.call(SEARCH)
    assert world.digest() == plain.digest()


def test_incidents_happen_to_simulated_tools() -> None:
    """A fault is answered here, so nobody is asked; a note is added to what is told."""
    world = World(1, simulating(), (FAULT, REVEAL))
    assert not world.simulates(OPEN)
    assert world.call(OPEN).incident == "fault"
    assert world.simulates(OPEN)
    done = world.tell(OPEN, {"id": "t-1"}, ok=True)
    assert (done.result, done.incident) == ({"id": "t-1", "note": NOTE}, "reveal")


def test_a_simulated_failure_carries_no_note() -> None:
    """The note waits for something that is found."""
    world = World(1, simulating(), (REVEAL,))
    assert world.tell(OPEN, {"error": {"code": "busy"}}, ok=False).incident == ""
    assert world.tell(OPEN, {"id": "t-1"}, ok=True).incident == "reveal"


def test_a_fault_does_not_hide_that_there_were_too_many_calls() -> None:
    """The end of an execution stays where it is."""
    late = Incident(at=MOST_CALLS - 1, kind="fault", code="timed_out")
    world = World(1, incidents=(late,))
    told = [world.call(SEARCH) for _ in range(MOST_CALLS + 1)]
    assert told[-2].incident == "fault"
    last: Any = told[-1].result
    assert last["error"]["code"] == "too_many_calls"


@pytest.mark.parametrize(
    ("result", "noted"),
    [
        ({"id": 1}, {"id": 1, "note": NOTE}),
        ({"note": "mine"}, {"note": "mine", "note_2": NOTE}),
        ([{"id": 1}], [{"id": 1}, {"note": NOTE}]),
        ("done", {"result": "done", "note": NOTE}),
        (None, {"result": None, "note": NOTE}),
    ],
)
def test_a_note_finds_its_place_on_any_result(result: JsonValue, noted: JsonValue) -> None:
    """Beside the fields, as a last entry, or beside a bare value."""
    assert with_note(result, NOTE) == noted


def paths(value: JsonValue) -> list[str]:
    """Return all dotted paths in a value."""
    entries: list[tuple[str, JsonValue]] = []
    if isinstance(value, dict):
        entries = list(value.items())
    elif isinstance(value, list):
        entries = [(str(at), entry) for at, entry in enumerate(value)]
    return [path for key, entry in entries for path in (key, *(f"{key}.{p}" for p in paths(entry)))]


@given(JSON, st.text(max_size=5))
def test_a_note_moves_nothing_and_is_put_there_once(result: JsonValue, text: str) -> None:
    """Every path in a result leads where it led, and telling a noted result adds no second note."""
    noted = with_note(result, text)
    assert all(pick(noted, path) == pick(result, path) for path in paths(result))
    assert with_note(noted, text) == noted
