import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.answers import HarmVerdict, Requests
from tasks.doors.llm.parsing import MalformedError, parse_answer

WANTED = HarmVerdict(signs_of_harm="some", reason="Odd.")
JSON = WANTED.model_dump_json()


@pytest.mark.parametrize(
    "text",
    [
        JSON,
        f"  {JSON}\n",
        f"```json\n{JSON}\n```",
        f"Here it is:\n```\n{JSON}\n```\nDone.",
        JSON[:-1] + ', "more": 1}',
    ],
)
def test_forms_that_are_read(text: str) -> None:
    """Bare JSON, one fenced block, and fields beyond the asked ones."""
    assert parse_answer(text, HarmVerdict) == WANTED


@pytest.mark.parametrize("text", ["", "none", JSON[:-3], f"It is {JSON}", JSON + JSON, "[]"])
def test_forms_that_are_not(text: str) -> None:
    """Prose, cut JSON and several objects are malformed."""
    with pytest.raises(MalformedError):
        parse_answer(text, HarmVerdict)


def test_what_is_wrong_is_said_without_quoting() -> None:
    """The words name the place and the rule, never the answer's text."""
    with pytest.raises(MalformedError) as caught:
        parse_answer('{"signs_of_harm": "SECRET"}', HarmVerdict)
    assert "signs_of_harm" in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_an_empty_list_is_named() -> None:
    """No requests at all is malformed."""
    with pytest.raises(MalformedError, match="requests"):
        parse_answer('{"requests": []}', Requests)


@given(st.text())
def test_any_text_is_read_or_malformed(text: str) -> None:
    """No text raises anything else."""
    with contextlib.suppress(MalformedError):
        parse_answer(text, HarmVerdict)
