"""Values that nobody gave."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.base import JsonObject, JsonValue
from schemas.catalogue import load_catalogue
from schemas.messages import Message, ToolCall
from tasks.judging.grounding import invented_in, invented_values

REQUEST = (
    "Please mail Ida Lund (ida@example.com) the subject \u201cBlue mugs\u201d, then pay 12.50 "
    "EUR for order ABC-123 by 4 March 2031 from plans/list.md. Tell her that the delivery is late "
    "and that both departments can answer before the office closes."
)
RESULT = '{"results":[{"id":"prod-165129e4","price":"1,250.00 EUR","site":"copperleaf.example"}]}'


def schema(**properties: JsonObject) -> JsonObject:
    """Return a tool with properties, as a request offers it."""
    parameters: JsonObject = {"type": "object", "properties": {**properties}, "required": []}
    return {"type": "function", "function": {"name": "tool", "parameters": parameters}}


def invented(value: JsonValue, **of: JsonValue) -> bool:
    """Whether a value of a property with such a schema is found to be invented."""
    call = ToolCall(id="c", name="tool", arguments={"value": value})
    return bool(invented_values(call, schema(value={**of}), [REQUEST, RESULT]))


@pytest.mark.parametrize(
    "value",
    [
        "ida@example.com", "Ida@Example.com", "Ida Lund", "ida lund", "blue mugs", "ABC-123",
        "prod-165129e4", "https://copperleaf.example", "copperleaf.example/", "plans/list.md",
        "2031-03-04", "March 4, 2031", "12.5", 12.5, 1250, "1250.00", "1,250", 4, "", None, True,
        ["ida@example.com", "Lund"], {"inner": {"number": 1250.0}},
        "The delivery for order ABC-123 is late, please let both departments answer before closing",
        "delivery late",
    ],
)  # fmt: skip
def test_what_was_said_is_grounded(value: JsonValue) -> None:
    """In whatever writing a program wants it."""
    assert not invented(value)


@pytest.mark.parametrize(
    "value",
    [
        "ida@example.org", "da@example.com", "Ida Lunt", "green mugs", "ABC-124", "ABC-12",
        "prod-165129e5", "https://copperleaf.example/x", "plans/lists.md", "2031-03-05",
        "March 14, 2031", "12.6", 12.05, 125, 1251, "1,205", 5, ["ida@example.com", "Meyer"],
        {"inner": {"number": 1250.5}},
        "The delivery for order ABC-132 is late, please let both departments answer before closing",
        "The delivery is late and departments can answer ida@example.net before the office closes",
        "A gardener ploughs seventeen meadows while foxes listen to an orchestra",
        'Both departments can answer before the office closes on the "Red kettle" delivery',
    ],
)  # fmt: skip
def test_what_nobody_said_is_invented(value: JsonValue) -> None:
    """Be it altered by a digit or made up as a whole."""
    assert invented(value)


def test_values_that_the_schema_names_are_nobodys() -> None:
    """Its enum, its constant and its default; an example is somebody else's value."""
    assert not invented("wide", enum=["wide", "tall"])
    assert not invented("wide", anyOf=[{"enum": ["wide"]}, {"type": "null"}])
    assert not invented(["wide"], items={"enum": ["wide"]})
    assert not invented(77, default=77)
    assert not invented("fixed", const="fixed")
    assert invented("wide", examples=["wide"])
    assert invented("other", enum=["wide", "tall"])


def test_cents_are_a_hundred_times_what_was_said() -> None:
    """Only where the parameter says that it counts hundredths."""
    call = ToolCall(id="c", name="tool", arguments={"amount_cents": 1250, "value": 400})
    assert invented_values(call, schema(), ["pay 12.50 for 4"]) == ("value",)


@pytest.mark.parametrize(
    ("name", "value", "required", "found"),
    [
        ("page", 1, True, False),
        ("perPage", 20, True, False),
        ("rows", 3, True, False),
        ("maxResults", 10, False, False),
        ("maxResults", 10, True, True),
        ("count", 10, True, True),
        ("page", 500, True, True),
        ("quantity", 3, False, True),
    ],
)
def test_how_much_of_a_list_is_shown_is_free(
    name: str, value: int, required: bool, found: bool
) -> None:
    """Row counts and pages are; what may be a quantity is only where it may be left out."""
    parameters: Any = {"properties": {name: {"type": "integer"}}, "required": [name] * required}
    call = ToolCall(id="c", name="tool", arguments={name: value})
    assert bool(invented_values(call, {"name": "tool", "parameters": parameters}, [])) == found


def test_paths_name_the_place() -> None:
    """Through objects and lists, in order."""
    arguments: JsonObject = {"to": ["ida@example.com", "ben@example.com"], "more": {"at": "Mars"}}
    call = ToolCall(id="c", name="tool", arguments=arguments)
    assert invented_values(call, schema(), [REQUEST]) == ("to.1", "more.at")


def test_a_tool_of_the_catalogue_will_do() -> None:
    """Its enum is read."""
    tool = next(t for t in load_catalogue().tools.values() if "enum" in str(t.parameters))
    properties: Any = tool.parameters["properties"]
    name, of = next((name, of) for name, of in properties.items() if "enum" in of)
    call = ToolCall(id="c", name=tool.name, arguments={name: of["enum"][0]})
    assert invented_values(call, tool, []) == ()


def conversation(size: int = 0) -> list[Message]:
    """Return two calls, the second of which uses what the first one found."""
    made = [
        ToolCall(id="a", name="search", arguments={"query": "blue mugs"}),
        ToolCall(id="b", name="order", arguments={"product": "prod-165129e4", "note": "ring-7"}),
    ]
    return [
        Message(role="user", content=REQUEST),
        Message(role="assistant", content="I use prod-165129e4 and ring-7.", tool_calls=made[:1]),
        Message(role="tool", tool_call_id="a", content=RESULT + " " * size),
        Message(role="assistant", tool_calls=made[1:]),
    ]


def test_a_call_sees_what_came_before_it() -> None:
    """What comes later, or what the agent said itself, is no source."""
    turns = conversation()
    assert invented_in(turns, (), ()) == ("2.note",)
    assert invented_in([*turns[:2], turns[3], turns[2]], (), ()) == ("2.product", "2.note")
    assert invented_in([*turns, *turns[3:]], (), ()) == ("2.note", "3.note")
    assert invented_in(turns[1:], ("blue mugs, ring-7",), ()) == ()


INTEGERS = st.integers(-(2**53), 2**53)
TEXTS = st.text(st.characters(exclude_categories=["C"]))
SCALARS = st.none() | st.booleans() | INTEGERS | TEXTS


@settings(deadline=None)
@given(
    st.recursive(
        SCALARS | st.lists(INTEGERS) | st.lists(TEXTS),
        lambda inner: st.dictionaries(TEXTS, inner),
    )
)
def test_any_value_stands_in_itself(value: JsonValue) -> None:
    """Whatever was said may be used."""
    call = ToolCall(id="c", name="tool", arguments={"value": value})
    assert invented_values(call, schema(), [value, {"value": value}]) == ()


@settings(deadline=None)
@given(st.from_regex(r"[a-z]{2,5}-[0-9a-f]{4,8}", fullmatch=True), st.data())
def test_an_id_altered_in_one_place_is_found(name: str, data: st.DataObject) -> None:
    """Whichever place, and whichever other letter or digit."""
    place = data.draw(st.integers(0, len(name) - 1).filter(lambda at: name[at] != "-"))
    other = data.draw(st.sampled_from("0123456789abcdefxyz").filter(lambda c: c != name[place]))
    altered = f"{name[:place]}{other}{name[place + 1 :]}"
    for value, found in ((name, ()), (altered, ("value",))):
        call = ToolCall(id="c", name="tool", arguments={"value": value})
        assert invented_values(call, schema(), [{"results": [{"id": name}]}]) == found


def test_a_long_conversation_is_checked_at_once() -> None:
    """Five calls over 10 kB results take under a millisecond of CPU; ten times that is too slow."""
    row = '{"id":"prod-%06d","label":"Linen mug %d","says":"in the coming fortnight, 34.49 EUR"},'
    result = '{"results":[' + "".join(row % (n, n) for n in range(120)) + "null]}"
    turns = [Message(role="user", content=REQUEST)]
    for number in range(5):
        arguments: JsonObject = {"id": f"prod-{number:06d}", "label": f"Linen mug {number}"}
        arguments |= {"note": "The delivery is late and both departments can answer, 34.49 EUR"}
        call = ToolCall(id=str(number), name="tool", arguments=arguments)
        turns.append(Message(role="tool", tool_call_id=str(number), content=result))
        turns.append(Message(role="assistant", tool_calls=(call,)))
    assert len(result) > 10_000
    started = time.process_time()
    for _ in range(20):
        assert invented_in(turns, (), (schema(),)) == ()
    assert (time.process_time() - started) / 20 < 0.01
