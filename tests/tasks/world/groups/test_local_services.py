"""The local services group."""

from collections.abc import Callable
from typing import Any

import pytest

from tasks.world.core import World
from tasks.world.groups.local_services import EFFECTS
from tests.tasks.world.groups.conftest import yields_of

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


def first_business(world: World) -> tuple[str, dict[str, Any]]:
    return next(iter(world.tables["merchants"].items()))


def order(world: World, act: Act) -> str:
    vendor, record = first_business(world)
    asked = {"vendor": vendor, "article": next(iter(record["prices"])), "amount": 2}
    return str(act("marketcross_pickups", operation="order", **asked)["ticket"]["ticket_no"])


def wait(act: Act, minutes: int) -> None:
    for _ in range(minutes):
        act("porchlight-directory", request="towns")


def test_every_match_of_a_search_can_be_ordered_from(world: World, act: Act) -> None:
    """The directories name the same businesses, each with its id."""
    _, record = first_business(world)
    here = [each for each in world.tables["merchants"].values() if each["town"] == record["town"]]
    query, town = " ".join(each["trade"] for each in here), record["town"]
    one = act("nearbly_find_places", query=query, city=town)
    other = act("townpageSearch", what=query, where=town)
    keys = [place["place_id"] for place in one["places"]]
    assert [other["top"]["businessId"], *(row["businessId"] for row in other["more"])] == keys
    assert one["count"] == other["hits"] == len(keys) == 3
    first = act("GuildhallLookup", Term=query, Town=town)
    rest = act("GuildhallLookup", Term=query, Town=town, Skip=first["SkipNext"])
    found = [row["MerchantId"] for row in (*first["Merchants"], *rest["Merchants"])]
    assert (found, rest["SkipNext"], rest["Total"]) == (keys, None, 3)


def test_the_directory_is_leafed_through(world: World, act: Act) -> None:
    """Towns, businesses of a town and their menus are all there to read."""
    known = {record["town"] for record in world.tables["merchants"].values()}
    towns = act("porchlight-directory", request="towns")["towns"]
    assert set(towns) == known
    asked = {"request": "browse", "in-town": towns[0].upper()}
    page = act("porchlight-directory", **asked)
    rest = act("porchlight-directory", **asked, cursor=page["next-cursor"])
    seen = [place["business"] for place in (*page["listed"], *rest["listed"])]
    assert len(seen) == len(set(seen)) == page["of"]
    assert rest["next-cursor"] is None
    menu = act("porchlight-directory", request="menu", business=seen[-1])["menu"]
    assert list(menu) == list(world.tables["merchants"][seen[-1]]["prices"])


def test_what_is_on_a_menu_finds_its_business(world: World, act: Act) -> None:
    """A search by a thing's name leads to who has it."""
    key, record = first_business(world)
    asked = {"request": "find", "looking-for": f"{next(iter(record['prices']))}, please"}
    found = act("porchlight-directory", **asked, **{"in-town": record["town"]})
    assert found["listed"][0]["business"] == key


def test_an_order_is_prepared_and_gets_ready(world: World, act: Act) -> None:
    """Its stage follows the clock; any directory's order is found."""
    vendor, record = first_business(world)
    item = next(iter(record["prices"]))
    slip = act("GuildhallOrder", MerchantId=vendor, Goods=item, Number="3")["Slip"]
    asked = {"operation": "status", "ticket_no": slip["OrderId"]}
    stages = []
    for _ in range(3):
        seen = act("marketcross_pickups", **asked)
        stages.append(seen["ticket"]["stage"])
        wait(act, 12)
    assert stages == ["accepted", "being prepared", "ready for pick-up"]
    assert (seen["ticket"]["due"], seen["pay_to"]) == (slip["Due"], slip["PayTo"])
    assert f"3 of {item} from {record['name']}" in seen["ticket"]["line"]


def test_the_latest_order_is_listed_first(world: World, act: Act) -> None:
    """The pages hold all orders with local businesses and none with shops."""
    made = [order(world, act) for _ in range(6)]
    act("OddmentOrder", Sku=next(iter(world.tables["products"])), Units=1)
    page = act("marketcross_pickups", operation="list")
    rest = act("marketcross_pickups", operation="list", skip=page["next_skip"])
    seen = [ticket["ticket_no"] for ticket in (*page["tickets"], *rest["tickets"])]
    assert seen[:6] == made[::-1]
    assert page["all"] == len(seen) == 7
    assert rest["next_skip"] is None


def test_an_order_is_cancelled_until_it_is_prepared(world: World, act: Act, refusal: Act) -> None:
    """A cancelled order owes nothing and stays cancelled; a prepared one stays an order."""
    early, late = order(world, act), order(world, act)
    asked = {"operation": "cancel", "ticket_no": early}
    ticket = act("marketcross_pickups", **asked)["ticket"]
    assert (ticket["stage"], ticket["due"][:5]) == ("cancelled", "0.00 ")
    assert refusal("marketcross_pickups", **asked) == "orderCancelled"
    wait(act, 10)
    assert refusal("marketcross_pickups", **{**asked, "ticket_no": late}) == "tooLate"


def test_a_paid_order_is_cancelled_after_its_payment_came_back(
    world: World, act: Act, refusal: Act
) -> None:
    """The refusal names the payment to take back."""
    ticket = order(world, act)
    record = world.tables["orders"][ticket]
    paid = {"payee": record["seller"], "amount_cents": record["cents"]}
    paid |= {"currency": record["currency"], "order_reference": ticket}
    payment = act("ledgerly_create_payment", **paid)["payment"]["id"]
    asked = {"operation": "cancel", "ticket_no": ticket}
    assert refusal("marketcross_pickups", **asked) == "orderPaid"
    assert payment in str(world.log[-1].result)
    act("brasswing-transfers", **{"task": "take-back", "transfer-number": payment})
    act("marketcross_pickups", **asked)


def test_a_local_business_has_no_shop_orders(world: World, refusal: Act) -> None:
    """The message says where to ask."""
    shops = next(key for key in world.tables["orders"] if key.startswith("order-"))
    for operation in ("status", "cancel"):
        asked = {"operation": operation, "ticket_no": shops}
        assert refusal("marketcross_pickups", **asked) == "otherOrder"


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("porchlight-directory", {"request": "find", "in-town": "a"}, "missing-parameter"),
        ("porchlight-directory", {"request": "towns", "cursor": "after-1"}, "unexpected-parameter"),
        ("porchlight-directory", {"request": "menu", "business": "a"}, "unknown-merchant"),
        ("porchlight-directory", {"request": "browse", "in-town": "a"}, "unknown-town"),
        ("marketcross_pickups", {"operation": "order", "vendor": "a"}, "missingParameter"),
        ("marketcross_pickups", {"operation": "list", "amount": 1}, "unexpectedParameter"),
    ],
)
def test_parameters_have_to_go_together(
    refusal: Act, tool: str, arguments: dict[str, Any], code: str
) -> None:
    """What a request lacks, can't use or names wrongly is refused in the provider's spelling."""
    assert refusal(tool, **arguments) == code


def test_a_cancelled_order_is_a_lost_effect(world: World, act: Act) -> None:
    """The effect holds while the order stands, another one like it notwithstanding."""
    vendor, record = first_business(world)
    needs = {"merchant": vendor, "item": next(iter(record["prices"])), "quantity": 2}
    asked = {"place_id": vendor, "item": needs["item"], "quantity": 2}
    result = act("nearbly_create_order", **asked)
    order(world, act)
    effect, made = (
        EFFECTS["LocalServices.create_order"],
        yields_of("LocalServices.create_order", result),
    )
    assert effect(world, dict(needs), made) is None
    act("marketcross_pickups", operation="cancel", ticket_no=result["order_id"])
    assert "cancelled" in str(
        effect(world, dict(needs), yields_of("LocalServices.create_order", result))
    )
