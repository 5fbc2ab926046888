"""Calls written as text are read to the letter, and never taken for words."""

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.formats.importing.call_strings import (
    LONGEST,
    UnreadCallError,
    names_a_call,
    read_calls,
)
from tasks.formats.importing.drafts import GivenCall

NAMES = st.text(string.ascii_letters + string.digits + " ._-/&'", min_size=1, max_size=20).filter(
    lambda name: name.strip() == name and name[0].isalpha()
)
KEYS = st.text(string.ascii_letters + string.digits + "_-.", min_size=1, max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=30)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)  # fmt: skip
ARGUMENTS = st.dictionaries(KEYS, VALUES, max_size=4)


def write(calls: list[tuple[str, dict[str, Any]]]) -> str:
    """Write calls as ToolACE does."""
    said = (f"{name}({', '.join(f'{k}={v!r}' for k, v in given.items())})" for name, given in calls)
    return f"[{', '.join(said)}]"


@given(st.lists(st.tuples(NAMES, ARGUMENTS), min_size=1, max_size=4), st.sets(NAMES, max_size=3))
@settings(max_examples=300, deadline=None)
def test_what_is_written_is_read_again(
    calls: list[tuple[str, dict[str, Any]]], others: set[str]
) -> None:
    """Any names and arguments, whatever other tools are declared beside them."""
    names = {name for name, _ in calls} | others
    text = write(calls)
    assert names_a_call(text, names)
    assert read_calls(text, names) == tuple(GivenCall(name, given) for name, given in calls)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('[F(from="a", to="b")]', {"from": "a", "to": "b"}),
        ('[F(postal-unit="SW1", class=3)]', {"postal-unit": "SW1", "class": 3}),
        ("[F(a=true, b=False, c=null, d=None)]", {"a": True, "b": False, "c": None, "d": None}),
        ("[F(a=-1.5, b=+2, c=(1, 2))]", {"a": -1.5, "b": 2, "c": [1, 2]}),
        ("[F()]", {}),
        (" [ F ( a = 1 , ) ] \n", {"a": 1}),
        ("""[F(a="it's, (odd]", b='say "x"=1')]""", {"a": "it's, (odd]", "b": 'say "x"=1'}),
        ('[F(a="x=1, y=2", b={"k": [{"l": true}]})]', {"a": "x=1, y=2", "b": {"k": [{"l": True}]}}),
        (r'[F(a="one\ntwo", b="\d")]', {"a": "one\ntwo", "b": "\\d"}),
    ],
)  # fmt: skip
def test_arguments_are_read_as_they_stand(text: str, arguments: dict[str, Any]) -> None:
    """Words of Python as keys, hyphens, constants of JSON and of Python, marks within quotes."""
    assert read_calls(text, ["F"]) == (GivenCall("F", arguments),)


def test_the_longest_declared_name_is_called() -> None:
    """Names may begin with one another, and hold brackets, spaces and dots."""
    names = ["Get", "Get Weather", "Get Weather (v2)", "a.b", "a"]
    text = "[Get Weather (v2)(city='x'), Get Weather(), a.b(), a(), Get()]"
    found = [call.name for call in read_calls(text, names)]
    assert found == ["Get Weather (v2)", "Get Weather", "a.b", "a", "Get"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[F(a=G(b=1))]", "call within a call"),
        ("[F(a=b)]", "no literal"),
        ("[F(1)]", "names no parameter"),
        ("[F(**x)]", "names no parameter"),
        ("[F(a=1, a=2)]", "given twice"),
        ("[F(a={'k': 1, 'k': 2})]", "key twice"),
        ("[F(a={1: 2})]", "no text"),
        ("[F(a={**b})]", "no text"),
        ("[F(a=f'{b}')]", "no literal"),
        ("[F(a=b'x')]", "no literal"),
        ("[F(a=1j)]", "no literal"),
        ("[F(a=...)]", "no literal"),
        ("[F(a={1})]", "no literal"),
        ("[F(a=1e999)]", "no literal"),
        ("[F(a=1 + 1)]", "no literal"),
        ("[F(a=9999999999999999999999)]", "can't be kept"),
        (f"[F(a={'9' * 5000})]", "can't be read"),
        ("[F(a=)]", "no literal"),
        ("[F(a='x)]", "not closed"),
        ("[F(a=[1)]", "closes a bracket of another kind"),
        ("[F(a=1]", "closes a bracket of another kind"),
        ("[F(a=1)", "cut off"),
        ("F(a=1)", "cut off"),
        ("[F(a=1)] Done.", "cut off"),
        ("[F(a=1) F(a=2)]", "after a call"),
        ("[F(a=1), ]", "no declared tool"),
        ("[H(a=1)]", "no declared tool"),
        ("[]", "no declared tool"),
        (f"[F(a={'[' * 90}{']' * 90})]", "nested more than"),
        (f"[F(a={'-' * 50_000}1)]", "no literal"),
        (f"[F(a={'not ' * 20_000}1)]", "no literal"),
        (f"[F(a={'1+' * 40_000}1)]", "no literal"),
        (f"[F(a='{'x' * LONGEST}')]", "longer than"),
    ],
)
def test_what_is_no_call_of_literals_is_refused(text: str, says: str) -> None:
    """Nothing is guessed or run, and nothing takes the parser down."""
    with pytest.raises(UnreadCallError, match=says):
        read_calls(text, ["F", "G"])


@pytest.mark.parametrize(
    "text",
    [
        "[1] See the first source.", "[a link](https://example.org/f)", "[x]", "[]", "", "[F]",
        "F is a tool (a good one).", "I would use F (if I could).", "[see below] F", "[1, 2, 3]",
        "The interval [0, f(0)] is closed.", "[sic](note)",
    ],
)  # fmt: skip
def test_a_text_in_brackets_need_not_be_a_call(text: str) -> None:
    """Links, notes and lists are words."""
    assert not names_a_call(text, ["F"])


@pytest.mark.parametrize(
    "text",
    [
        "[F(a=1)]", "[F(a=", "[F (", " [F()] and more", "I call F(a=1) now.", "F()",
        "[Other(a=1)]", "[Other Tool()]", "Sure! [F(x-y='1')]",
    ],
)  # fmt: skip
def test_a_text_that_calls_is_never_taken_for_words(text: str) -> None:
    """Cut off, with words around it, or of a tool that nobody declared."""
    assert names_a_call(text, ["F"])


@given(st.text(max_size=60), st.lists(st.text(max_size=9), max_size=3))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused(text: str, names: list[str]) -> None:
    """Nothing but the one error comes of any text and names."""
    names_a_call(text, names)
    try:
        read_calls(text, names)
    except UnreadCallError:
        return


@given(st.text("[]()\"'=,{}F ax1\\-", max_size=30))
@settings(max_examples=500, deadline=None)
def test_texts_near_a_call_are_read_or_refused(text: str) -> None:
    """Whatever is read was seen to call."""
    try:
        calls = read_calls(f"[F({text})]", ["F"])
    except UnreadCallError:
        return
    assert calls[0].name == "F"
    assert names_a_call(f"[F({text})]", ["F"])
