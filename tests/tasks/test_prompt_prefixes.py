"""Endpoints cache the start of a prompt: what doesn't change from item to item stands first."""

import itertools

import orjson
import pytest

from schemas.base import JsonObject
from schemas.catalogue import load_catalogue
from schemas.prompts import load_prompt
from tasks.conversation import offered_tools
from tasks.specs import policy_facts
from tests.tasks.samples import binding

ONE_EACH = ("chains", "request-benign", "request-borderline", "request-harmful")
JUDGES = tuple(
    f"{kind}-{seat}"
    for kind, seat in itertools.product(("judge", "answer"), ("policy", "purpose", "outcome"))
)


@pytest.mark.parametrize("name", [*ONE_EACH, *JUDGES])
def test_the_system_message_of_a_prompt_never_changes(name: str) -> None:
    """What is said of an item is in the user's message, after the words that are always there."""
    prompt = load_prompt(name)
    one, other = prompt.render(facts="{1}"), prompt.render(facts="{2}")
    assert one[0] == other[0]
    shared = itertools.takewhile(
        lambda pair: pair[0] == pair[1],
        zip(one[1]["content"], other[1]["content"], strict=True),
    )
    assert "".join(pair[0] for pair in shared).endswith("{")
    assert "{{" not in prompt.system


def test_the_policy_stands_before_the_item() -> None:
    """Judges of one subcategory share all but the request."""
    facts = [policy_facts("doxing") | {"request": text} for text in ("one", "two")]
    told = [orjson.dumps(each, option=orjson.OPT_INDENT_2).decode() for each in facts]
    shared = len(told[0]) - len('one"\n}')
    assert told[0][:shared] == told[1][:shared]


def test_tools_are_offered_in_one_order() -> None:
    """The same binding offers the same bytes, turn after turn."""

    def offer() -> tuple[JsonObject, ...]:
        return offered_tools(binding().tool_order, load_catalogue())

    assert orjson.dumps(offer()) == orjson.dumps(offer())
