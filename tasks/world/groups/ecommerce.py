"""The ecommerce group: a catalogue that all shops sell from, stock that goes down."""

import random
from collections.abc import Sequence

from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups import orders
from tasks.world.groups.payments import CURRENCIES
from tasks.world.groups.records import capitals, lacking, pascal, rank_matches, require, respell
from tasks.world.state import Record, State

PRODUCTS = 12
MOST_A_TIME = 6  # pieces a drawn order is for
MATERIALS = (
    "Oak", "Walnut", "Linen", "Wool", "Cork", "Bamboo", "Ceramic", "Enamel", "Canvas", "Brass",
    "Copper", "Glass", "Cotton", "Slate", "Birch", "Rattan", "Leather", "Steel", "Felt", "Paper",
)  # fmt: skip
TRAITS = (
    "folding", "stackable", "striped", "hand-finished", "compact", "tall", "insulated", "round",
    "washable", "lidded", "adjustable", "lightweight", "two-tone", "narrow", "quilted", "padded",
)  # fmt: skip
THINGS = (
    "desk lamp", "serving tray", "lunch box", "plant stand", "notebook", "water jug", "bookend",
    "tea pot", "wall clock", "picnic blanket", "storage basket", "coat hook", "bread bin",
    "travel mug", "letter tray", "door mat", "picture frame", "garden trowel", "pencil case",
    "shoe rack", "step stool", "key holder", "candle holder", "umbrella stand",
)  # fmt: skip
PURPOSES = (
    "for a small study", "as a housewarming present", "for the shared kitchen", "for a long hike",
    "under fifty", "for the reception area", "that ships this week", "for a summer cottage",
    "as a prize at the fair", "for the staff room", "to match the old set", "for everyday use",
    "with a spare part", "for a rented flat", "as a thank you gift", "for the school bazaar",
    "that lasts for years", "for the balcony", "for a weekend trip", "in a muted colour",
)  # fmt: skip


def seed(world: State) -> None:
    """Fill the catalogue and open the sellers' accounts."""
    rng = world.rng
    for material, thing in zip(
        rng.sample(MATERIALS, PRODUCTS), rng.sample(THINGS, PRODUCTS), strict=True
    ):
        title, seller = f"{material} {rng.choice(TRAITS)} {thing}", names.company(rng)
        record: Record = {
            "title": title, "seller": seller, "cents": rng.randint(450, 18_900),
            "currency": rng.choice(CURRENCIES), "stock": rng.randint(8, 60),
            "rating": rng.randint(36, 50) / 10,
        }  # fmt: skip
        world.insert("products", world.new_id("prod"), record)
        orders.add_payee(world, seller)


def search(world: State, query: str, limit: int) -> list[tuple[str, Record]]:
    """Return matching products, best first, those that are sold out last."""
    products = world.tables["products"]
    ranked = rank_matches(query, {key: record["title"] for key, record in products.items()})
    ranked.sort(key=lambda key: products[key]["stock"] == 0)
    return [(key, products[key]) for key in ranked[:limit]]


def buy(world: State, product: str, quantity: int) -> str:
    """Order a product: the stock goes down; return the order's id.

    Raises:
        Refused: unknown_product or out_of_stock.
    """
    record = require(world, "products", product, "product")
    if record["stock"] < quantity:
        message = f"Only {record['stock']} of {record['title']} left."
        raise Refused("out_of_stock", message, "Order fewer or search for another product.")
    record["stock"] -= quantity
    cents = record["cents"] * quantity
    return orders.place_order(world, record["seller"], product, quantity, cents, record["currency"])


def _price(record: Record) -> str:
    return orders.show_money(record["cents"], record["currency"])


def _offer(key: str, record: Record) -> Record:
    offer = f"{_price(record)}, {record['stock']} in stock"
    return {
        "product_id": key,
        "title": record["title"],
        "offer": offer,
        "sold_by": record["seller"],
    }


def _search_cratehouse(world: State, arguments: Record) -> Record:
    found = search(world, arguments["query"], arguments["limit"])
    products: list[Record] = [_offer(key, record) for key, record in found]
    return {"count": len(found), "products": products}


def _search_trolleyline(world: State, arguments: Record) -> Record:
    found = search(world, arguments["searchTerm"], 3)
    items: list[Record] = [
        {
            "itemId": key,
            "name": record["title"],
            "priceText": f"{record['title']} for {_price(record)}",
        }
        for key, record in found
    ]
    return {"hits": len(items), "bestMatch": next(iter(items), None), "others": items[1:]}


def _search_oddment(world: State, arguments: Record) -> Record:
    found = search(world, arguments["Keywords"], 4)
    hits: list[Record] = [
        {"Sku": key, "Title": record["title"], "Summary": _rated(record)} for key, record in found
    ]
    return {"Hits": hits, "Total": len(hits)}


def _rated(record: Record) -> str:
    return f"{_price(record)}, rated {record['rating']} of 5"


def _order_cratehouse(world: State, arguments: Record) -> Record:
    order = buy(world, arguments["product_id"], arguments["quantity"])
    return {"order": {"order_id": order, **orders.describe_total(world, order)}, "paid": False}


def _order_trolleyline(world: State, arguments: Record) -> Record:
    order = buy(world, arguments["itemId"], int(arguments["count"]))
    return {"orderNumber": order, "toPay": orders.describe_total(world, order)}


def _order_oddment(world: State, arguments: Record) -> Record:
    order = buy(world, arguments["Sku"], arguments["Units"])
    record = orders.require_order(world, order)
    due = orders.show_money(record["cents"], record["currency"])
    return {"Order": {"Id": order, "Due": due, "PayTo": record["seller"]}, "Status": "Open"}


def _draw_search(world: State, _inputs: Record, rng: random.Random) -> Record:
    records: Sequence[Record] = list(world.tables["products"].values())
    return {"query": f"{rng.choice(records)['title'].lower()} {rng.choice(PURPOSES)}"}


def _draw_order(world: State, inputs: Record, rng: random.Random) -> Record:
    stock = require(world, "products", str(inputs["product"]), "product")["stock"]
    return {"quantity": rng.randint(1, max(1, min(stock, MOST_A_TIME)))}


def _searched(_world: State, _needs: Record, _result: Record) -> str | None:
    return None  # looking changes nothing


def _ordered(world: State, needs: Record, _result: Record) -> str | None:
    return lacking(world, "orders", item=needs["product"], quantity=needs["quantity"])


BEHAVIOURS = respell(
    {
        "cratehouse_search_products": _search_cratehouse,
        "trolleylineFindItems": _search_trolleyline,
        "OddmentSearch": _search_oddment,
        "cratehouse_place_order": _order_cratehouse,
        "trolleylineCheckout": _order_trolleyline,
        "OddmentOrder": _order_oddment,
    },
    {"trolleyline": capitals, "Oddment": pascal},
)
DRAWS = {"Ecommerce.search_products": _draw_search, "Ecommerce.create_order": _draw_order}
EFFECTS = {"Ecommerce.search_products": _searched, "Ecommerce.create_order": _ordered}
