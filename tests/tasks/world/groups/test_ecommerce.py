"""The ecommerce group."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from tasks.world.core import World
from tasks.world.groups.ecommerce import DRAWS, EFFECTS
from tests.tasks.world.groups.conftest import yields_of

Act = Callable[..., Any]  # the fixtures' protocol


@pytest.mark.parametrize("seed", range(20))
def test_a_drawn_query_finds_its_product_first(seed: int) -> None:
    """The best match carries the words of the product the query was drawn from."""
    world = World(seed)
    query = DRAWS["Ecommerce.search_products"](world, {}, random.Random(seed))["query"]
    titles = [record["title"].lower() for record in world.tables["products"].values()]
    assert any(query.startswith(title) for title in titles)


def test_a_found_product_is_ordered_at_its_price(world: World, act: Act) -> None:
    """The total is the price times the pieces, and the stock goes down by them."""
    title = next(iter(world.tables["products"].values()))["title"]
    hit = act("OddmentSearch", Keywords=title)["Hits"][0]
    record = world.tables["products"][hit["Sku"]]
    stock = record["stock"]
    order = act("cratehouse_place_order", product_id=hit["Sku"], quantity=3)["order"]
    assert order["total"] == pytest.approx(3 * record["cents"] / 100)
    assert record["stock"] == stock - 3


def test_a_sold_out_product_is_found_last(world: World, act: Act, refusal: Act) -> None:
    """It is refused when it is ordered, and other matches come before it."""
    first, second = list(world.tables["products"].items())[:2]
    act("OddmentOrder", Sku=first[0], Units=first[1]["stock"])
    assert refusal("trolleylineCheckout", itemId=first[0], count="1") == "ERR_OUT_OF_STOCK"
    words = f"{first[1]['title']} {second[1]['title'].split()[0]}"
    found = act("cratehouse_search_products", query=words, limit=5)["products"]
    assert found[-1]["product_id"] == first[0]


def test_a_search_without_a_match_is_an_empty_answer(act: Act) -> None:
    """Nothing found is no error."""
    assert act("trolleylineFindItems", searchTerm="zzz")["bestMatch"] is None
    assert act("cratehouse_search_products", query="zzz")["products"] == []


def products(world: World) -> list[str]:
    return list(world.tables["products"])


def materials(world: World) -> str:
    """Return words that find every product."""
    titles = [record["title"] for record in world.tables["products"].values()]
    return " ".join(title.split()[0] for title in titles)


def place(act: Act, product: str, pieces: int = 2) -> str:
    placed = act("satchelry-orders", **{"do": "place", "sku": product, "how-many": pieces})
    return str(placed["placed"]["order-id"])


def test_pages_of_a_search_join_up(world: World, act: Act) -> None:
    """Each shop's pages hold the same matches in the same order, each match once."""
    words = materials(world)
    offset: int | None = 0
    number: int | None = 1
    skip: int | None = 0
    one, other, third = [], [], []
    while offset is not None:
        page = act("cratehouse_search_products", query=words, limit=5, offset=offset)
        one += [found["product_id"] for found in page["products"]]
        offset = page["next_offset"]
    while number is not None:
        found = act("trolleylineFindItems", searchTerm=words, page=number)
        other += [item["itemId"] for item in (found["bestMatch"], *found["others"])]
        number = found["nextPage"]
    while skip is not None:
        hits = act("OddmentSearch", Keywords=words, Skip=skip)
        third += [hit["Sku"] for hit in hits["Hits"]]
        skip = hits["SkipNext"]
    assert one == other == third
    assert sorted(one) == sorted(products(world))
    assert page["count"] == found["hits"] == hits["Total"] == len(one)


def test_a_search_can_be_ordered_by_rating(world: World, act: Act) -> None:
    """The best rated comes first; by default the closest match does."""
    words = materials(world)
    asked = {"search-for": words, "order-by": "rating", "per-page": 6, "page": 2}
    page = act("satchelry-find", **asked)
    assert page["paging"] == {"page": 2, "of-pages": 2, "results": 12, "has-next": False}
    ratings = [world.tables["products"][row["sku"]]["rating"] for row in page["results"]]
    assert ratings == sorted(ratings, reverse=True)
    title = world.tables["products"][products(world)[3]]["title"]
    found = act("satchelry-find", **{"search-for": f"{title}?"})["results"]
    assert found[0]["sku"] == products(world)[3]


def test_the_catalogue_is_leafed_through_and_read(world: World, act: Act, refusal: Act) -> None:
    """Browsing reaches every product by title, and each can be described."""
    start: int | None = 0
    seen = []
    while start is not None:
        page = act("fernmarket_catalogue", action="browse", start=start, at_most=5)
        seen += page["articles"]
        start = page["next_start"]
    assert [article["name"] for article in seen] == sorted(article["name"] for article in seen)
    assert {article["article"] for article in seen} == set(products(world))
    described = act("fernmarket_catalogue", action="describe", article=seen[0]["article"])
    record = world.tables["products"][seen[0]["article"]]
    assert (described["in_stock"], described["seller"]) == (record["stock"], record["seller"])
    code = refusal("fernmarket_catalogue", action="describe", article="prod-0")
    assert code == "unknownProduct"


def test_a_basket_is_filled_viewed_and_checked_out(world: World, act: Act) -> None:
    """Each product becomes an order that can be paid, and the basket is empty after it."""
    one, other = products(world)[:2]
    stock = world.tables["products"][one]["stock"]
    for product, pieces in ((one, 2), (other, 1), (one, 1)):
        act("fernmarket_basket", action="add", article=product, pieces=pieces)
    seen = act("fernmarket_basket", action="view")
    assert [(line["product"], line["pieces"]) for line in seen["basket"]] == [(one, 3), (other, 1)]
    assert world.tables["products"][one]["stock"] == stock
    bought = act("fernmarket_basket", action="check_out")["bought"]
    assert world.tables["products"][one]["stock"] == stock - 3
    assert act("fernmarket_basket", action="view") == {"basket": [], "totals": []}
    for bill in bought:
        record = world.tables["orders"][bill["order_no"]]
        paid = {"payee": bill["to"], "amount_cents": record["cents"]}
        paid |= {"currency": record["currency"], "order_reference": bill["order_no"]}
        act("ledgerly_create_payment", **paid)
        assert record["paid_cents"] == record["cents"]


def test_a_basket_adds_up_each_currency(world: World, act: Act) -> None:
    """The totals are what its lines cost together."""
    for product in products(world):
        act("fernmarket_basket", action="add", article=product, pieces=2)
    sums: dict[str, int] = {}
    for record in world.tables["products"].values():
        sums[record["currency"]] = sums.get(record["currency"], 0) + 2 * record["cents"]
    shown = [f"{cents / 100:,.2f} {currency}" for currency, cents in sums.items()]
    assert act("fernmarket_basket", action="view")["totals"] == shown


def test_a_basket_is_emptied(world: World, act: Act, refusal: Act) -> None:
    """Taking out and emptying leave the world as it was before."""
    before, (one, other) = world.digest(), products(world)[:2]
    act("fernmarket_basket", action="add", article=one, pieces=3)
    act("fernmarket_basket", action="add", article=other, pieces=1)
    act("fernmarket_basket", action="remove", article=one, pieces=1)
    act("fernmarket_basket", action="remove", article=other)
    assert act("fernmarket_basket", action="empty")["taken_out"] == 2
    assert world.digest() == before
    assert refusal("fernmarket_basket", action="empty") == "basketEmpty"
    assert refusal("fernmarket_basket", action="check_out") == "basketEmpty"


def test_a_basket_takes_and_gives_what_there_is(world: World, act: Act, refusal: Act) -> None:
    """More than the stock does not go in, more than lies there does not come out."""
    product = products(world)[0]
    stock = world.tables["products"][product]["stock"]
    act("fernmarket_basket", action="add", article=product, pieces=stock)
    one = {"article": product, "pieces": 1}
    assert refusal("fernmarket_basket", action="add", **one) == "outOfStock"
    more = {"article": product, "pieces": stock + 1}
    assert refusal("fernmarket_basket", action="remove", **more) == "moreThanInBasket"
    assert refusal("fernmarket_basket", action="remove", article="prod-0") == "notInBasket"


def test_a_basket_is_checked_out_whole_or_not_at_all(world: World, act: Act, refusal: Act) -> None:
    """One product that was sold meanwhile leaves the others unordered."""
    one, other = products(world)[:2]
    act("fernmarket_basket", action="add", article=one, pieces=1)
    stock = world.tables["products"][other]["stock"]
    act("fernmarket_basket", action="add", article=other, pieces=stock)
    act("OddmentOrder", Sku=other, Units=1)
    assert refusal("fernmarket_basket", action="check_out") == "outOfStock"


def test_an_order_of_any_shop_is_found_and_cancelled(world: World, act: Act, refusal: Act) -> None:
    """It reads back as unpaid, then as cancelled, and its pieces are in stock again."""
    product = products(world)[0]
    stock = world.tables["products"][product]["stock"]
    order = act("trolleylineCheckout", itemId=product, count="4")["orderNumber"]
    asked = {"do": "show", "order-id": order}
    title = world.tables["products"][product]["title"]
    assert act("satchelry-orders", **asked)["line"].startswith(f"unpaid, 4 of {title} from ")
    listed = act("satchelry-orders", do="list")
    assert listed["orders"][0]["order-id"] == order
    act("satchelry-orders", **{**asked, "do": "cancel"})
    assert world.tables["products"][product]["stock"] == stock
    seen = act("satchelry-orders", **asked)
    assert seen["line"].startswith("cancelled, ")
    assert seen["still-to-pay"].startswith("0.00 ")
    assert refusal("satchelry-orders", **{**asked, "do": "cancel"}) == "order-cancelled"


def test_a_cancelled_order_takes_no_payment(world: World, act: Act, refusal: Act) -> None:
    """And a paid one is not cancelled before its payment came back."""
    order = place(act, products(world)[0])
    record = world.tables["orders"][order]
    paid = {"payee": record["seller"], "amount_cents": 1, "currency": record["currency"]}
    paid |= {"order_reference": order}
    payment = act("ledgerly_create_payment", **paid)["payment"]["id"]
    asked = {"do": "cancel", "order-id": order}
    assert refusal("satchelry-orders", **asked) == "order-paid"
    assert payment in str(world.log[-1].result)
    line = act("satchelry-orders", **{**asked, "do": "show"})["line"]
    assert line.startswith("part paid, ")
    act("QuillbankDesk", Action="Refund", PaymentNumber=payment)
    act("satchelry-orders", **asked)
    assert refusal("ledgerly_create_payment", **paid) == "order_cancelled"


def test_a_shop_has_no_orders_of_local_businesses(world: World, refusal: Act) -> None:
    """The message says where to ask, and an unknown order is one."""
    pickup = next(order for order in world.tables["orders"] if order.startswith("pickup-"))
    for do in ("show", "cancel"):
        assert refusal("satchelry-orders", **{"do": do, "order-id": pickup}) == "other-order"
        assert refusal("satchelry-orders", **{"do": do, "order-id": "x"}) == "unknown-order"


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("fernmarket_catalogue", {"action": "search"}, "missingParameter"),
        ("fernmarket_catalogue", {"action": "browse", "words": "a"}, "unexpectedParameter"),
        ("fernmarket_basket", {"action": "buy_now", "article": "a"}, "missingParameter"),
        ("fernmarket_basket", {"action": "view", "pieces": 1}, "unexpectedParameter"),
        ("satchelry-orders", {"do": "place", "sku": "a"}, "missing-parameter"),
        ("satchelry-orders", {"do": "list", "sku": "a"}, "unexpected-parameter"),
    ],
)
def test_parameters_have_to_go_together(
    refusal: Act, tool: str, arguments: dict[str, Any], code: str
) -> None:
    """What an action lacks or can't use is refused in the provider's own spelling."""
    assert refusal(tool, **arguments) == code


def test_a_cancelled_order_is_a_lost_effect(world: World, act: Act) -> None:
    """The effect holds while the order stands, another one like it notwithstanding."""
    product = products(world)[0]
    result = act("OddmentOrder", Sku=product, Units=2)
    place(act, product)
    needs = {"product": product, "quantity": 2}
    effect, made = EFFECTS["Ecommerce.create_order"], yields_of("Ecommerce.create_order", result)
    assert effect(world, dict(needs), made) is None
    act("satchelry-orders", **{"do": "cancel", "order-id": result["Order"]["Id"]})
    assert "cancelled" in str(
        effect(world, dict(needs), yields_of("Ecommerce.create_order", result))
    )
