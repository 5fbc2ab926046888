"""Dataflow along a chain, and arguments from values."""

import pytest

from schemas.actions import Argument, Tool
from schemas.catalogue import load_catalogue
from schemas.dataflow import (
    BrokenFlowError,
    Input,
    capabilities_of,
    fill_arguments,
    pick,
    stated_needs,
    wire,
    yielded,
)

SEARCH, MAIL = "Search.web_search", "Communication.send_email"
FIND, ORDER, PAY = "Ecommerce.search_products", "Ecommerce.create_order", "Payments.create_payment"


def tool(**arguments: Argument) -> Tool:
    """Return a tool with these arguments."""
    return Tool(
        name="t",
        capability=MAIL,
        provider="Postbird",
        description="A tool made for a test of arguments",
        parameters={},
        arguments=arguments,
        results={"message": "letters.0.ref"},
    )


def test_the_latest_yield_of_a_kind_wins() -> None:
    """After two searches the mail takes the fact of the second."""
    flow = wire(capabilities_of(load_catalogue(), [SEARCH, FIND, MAIL]))
    assert flow[2] == {"fact": Input(step=1, yields="fact")}


def test_an_order_needs_a_product_first() -> None:
    """A need that only a step can fill breaks a chain that has no such step."""
    with pytest.raises(BrokenFlowError, match=r"step 1 .* needs a product first"):
        wire(capabilities_of(load_catalogue(), [ORDER]))


def test_what_is_wired_or_optional_need_not_be_stated() -> None:
    """An order after a search states the quantity; a payment after it no order."""
    capabilities = capabilities_of(load_catalogue(), [FIND, ORDER, PAY])
    stated = [
        [need.name for need in stated_needs(c, inputs)]
        for c, inputs in zip(capabilities, wire(capabilities), strict=True)
    ]
    assert stated == [["query"], ["quantity"], ["payee", "amount", "currency"]]


@pytest.mark.parametrize(
    ("how", "value", "filled"),
    [
        ("plain", 12.5, 12.5),
        ("cents", 12.29, 1229),
        ("list", "a", ["a"]),
        ("string", 4, "4"),
        ("upper", "eur", "EUR"),
        ("integer", 3.0, 3),
    ],
)
def test_an_argument_takes_the_form_its_tool_wants(how: str, value: object, filled: object) -> None:
    """Transforms are exact: 12.29 is 1229 cents."""
    argument = Argument.model_validate({"needs": ["amount"], "as": how})
    assert fill_arguments(tool(x=argument), {"amount": value}) == {"x": filled}  # type: ignore[dict-item]  # any JSON value


def test_several_needs_are_joined_and_absent_ones_left_out() -> None:
    """Body and fact make one text; without a fact the body stands alone; constants stay."""
    made = tool(text=Argument(needs=("body", "fact")), mode=Argument(constant="plain"))
    assert fill_arguments(made, {"body": "a", "fact": "b"}) == {"text": "a b", "mode": "plain"}
    assert fill_arguments(made, {"body": "a"}) == {"text": "a", "mode": "plain"}
    assert fill_arguments(tool(text=Argument(needs=("fact",))), {}) == {}


def test_yields_are_read_by_path() -> None:
    """A list index is part of the path; a path that leads nowhere is an error."""
    assert yielded(tool(), {"letters": [{"ref": "m1"}]}) == {"message": "m1"}
    with pytest.raises(KeyError):
        pick({"letters": []}, "letters.0.ref")
