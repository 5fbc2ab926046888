"""The local services group."""

from collections.abc import Callable
from typing import Any

from tasks.world.core import World

Act = Callable[..., Any]  # the fixtures' protocol


def test_a_search_stays_in_its_town(world: World, act: Act) -> None:
    """Only businesses of the town are found, the trade asked for first."""
    key, record = next(iter(world.tables["merchants"].items()))
    found = act("nearbly_find_places", query=f"{record['trade']} open now", city=record["town"])
    towns = {world.tables["merchants"][place["place_id"]]["town"] for place in found["places"]}
    assert towns == {record["town"]}
    assert found["places"][0]["place_id"] == key


def test_an_unknown_town_is_refused_with_the_known_ones(world: World, refusal: Act) -> None:
    """Each provider has its own code for it."""
    assert refusal("nearbly_find_places", query="cafe", city="Nowhere") == "unknown_town"
    assert refusal("GuildhallLookup", Term="cafe", Town="Nowhere") == "UnknownTown"


def test_what_is_ordered_is_on_the_price_list(world: World, act: Act, refusal: Act) -> None:
    """A listed item is ordered at its price; anything else is refused."""
    key, record = next(iter(world.tables["merchants"].items()))
    item, cents = next(iter(record["prices"].items()))
    order = act("townpageOrder", businessId=key, items=[item], each=4)["booking"]["orderId"]
    kept = world.tables["orders"][order]
    assert (kept["cents"], kept["seller"], kept["quantity"]) == (4 * cents, record["name"], 4)
    ordered = {"MerchantId": key, "Goods": "a brass band", "Number": "1"}
    assert refusal("GuildhallOrder", **ordered) == "NotOnTheList"


def test_an_order_can_be_paid_to_the_business(world: World, act: Act) -> None:
    """The seller is in the address book, and the payment settles the order."""
    key, record = next(iter(world.tables["merchants"].items()))
    order = act("nearbly_create_order", place_id=key, item=next(iter(record["prices"])), quantity=2)
    paid = {"recipientName": order["seller"], "amount": order["total"]}
    act("paywrenSendMoney", **paid, currencyCode=order["currency"], orderId=order["order_id"])
    kept = world.tables["orders"][order["order_id"]]
    assert kept["paid_cents"] == kept["cents"]
