"""The local services group: businesses of a few towns, their hours, price lists and orders."""

import random

from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups import orders
from tasks.world.groups.payments import CURRENCIES
from tasks.world.groups.records import capitals, lacking, pascal, rank_matches, require, respell
from tasks.world.state import Record, State

TOWNS = 4
PER_TOWN = 3
ITEMS = 5
TRADES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "bakery": (
        ("seeded", "dark", "salted", "buttered", "toasted"),
        ("rye loaf", "plum tart", "oat roll", "poppy twist", "honey cake"),
    ),
    "flower shop": (
        ("small", "tall", "mixed", "wrapped", "seasonal"),
        ("tulip bunch", "fern basket", "table wreath", "rose bowl", "herb pot"),
    ),
    "print shop": (
        ("matt", "glossy", "folded", "large", "double-sided"),
        ("poster", "leaflet set", "name card box", "banner", "photo book"),
    ),
    "cafe": (
        ("warm", "iced", "spiced", "house", "double"),
        ("oat latte", "lentil soup", "berry crumble", "cheese toast", "lemon tea"),
    ),
    "bike repair": (
        ("basic", "full", "rear", "front", "winter"),
        ("wheel service", "brake check", "chain clean", "gear tune", "light fitting"),
    ),
    "dry cleaner": (
        ("express", "gentle", "standard", "weekly", "careful"),
        ("coat clean", "shirt press", "curtain wash", "suit clean", "blanket wash"),
    ),
    "stationer": (
        ("ruled", "plain", "bound", "recycled", "coloured"),
        ("notebook pack", "envelope set", "card stock", "ink refill", "folder bundle"),
    ),
    "caterer": (
        ("vegetable", "cold", "festive", "light", "shared"),
        ("lunch platter", "dessert tray", "sandwich box", "salad bowl", "tea spread"),
    ),
    "framing studio": (
        ("narrow", "gilded", "white", "deep", "oak"),
        ("print frame", "canvas mount", "mirror frame", "poster rail", "photo mount"),
    ),
    "garden centre": (
        ("young", "potted", "hardy", "climbing", "dwarf"),
        ("pear tree", "ivy plant", "lavender", "fig bush", "mint tray"),
    ),
}  # fmt: skip
FEATURES = (
    "with parking", "open on Sunday", "near the station", "with step-free access", "taking cards",
    "with delivery", "by the river", "open late", "with a loyalty card", "run by a family",
)  # fmt: skip
OCCASIONS = (
    "for a team lunch", "for the anniversary", "for the open day", "for a birthday", "for the club",
    "for the school fair", "for our visitors", "for the moving day", "for the office party",
    "for the spring market", "for a quick pick-up", "for the reading group",
)  # fmt: skip


def seed(world: State) -> None:
    """Fill a few towns with businesses."""
    for town in world.rng.sample(names.CITIES, TOWNS):
        for trade in world.rng.sample(list(TRADES), PER_TOWN):
            _open_business(world, town, trade)


def find(world: State, query: str, town: str, limit: int) -> list[tuple[str, Record]]:
    """Return businesses of a town, best match first. Raises: Refused (`unknown_town`)."""
    here = {
        key: record
        for key, record in world.tables["merchants"].items()
        if record["town"].lower() == town.lower().strip()
    }
    if not here:
        towns = sorted({record["town"] for record in world.tables["merchants"].values()})
        raise Refused("unknown_town", f"Nothing is listed in {town[:60]}.", ", ".join(towns))
    ranked = rank_matches(query, {key: _about(record) for key, record in here.items()})
    return [(key, here[key]) for key in ranked[:limit]]


def order(world: State, merchant: str, items: list[str], quantity: int) -> str:
    """Order `quantity` of each item; return the order's id.

    Raises:
        Refused: unknown_merchant or not_on_the_list.
    """
    record = require(world, "merchants", merchant, "merchant")
    for item in items:
        if item not in record["prices"]:
            message = f"{record['name']} does not have {item[:60]}."
            raise Refused("not_on_the_list", message, f"It has: {', '.join(record['prices'])}.")
    cents = sum(record["prices"][item] for item in items) * quantity
    return orders.place_order(
        world, record["name"], ", ".join(items), quantity, cents, record["currency"]
    )


def _open_business(world: State, town: str, trade: str) -> None:
    rng = world.rng
    traits, things = TRADES[trade]
    pairs = rng.sample([(trait, thing) for trait in traits for thing in things], ITEMS)
    record: Record = {
        "name": f"{rng.choice(names.COMPANY_FIRST)} {trade.title()}", "trade": trade, "town": town,
        "feature": rng.choice(FEATURES), "opens": f"{rng.randint(7, 10):02d}:00",
        "closes": f"{rng.randint(16, 21)}:30", "rating": rng.randint(35, 50) / 10,
        "phone": names.phone(rng), "currency": rng.choice(CURRENCIES),
        "prices": {f"{trait} {thing}": rng.randint(250, 4_900) for trait, thing in pairs},
    }  # fmt: skip
    world.insert("merchants", world.new_id("shop"), record)
    orders.add_payee(world, record["name"])


def _about(record: Record) -> str:
    items = " ".join(record["prices"])
    return f"{record['name']} {record['trade']} {record['feature']} {items}"


def _price_list(record: Record) -> Record:
    prices: dict[str, int] = record["prices"]
    return {item: orders.show_money(cents, record["currency"]) for item, cents in prices.items()}


def _search_nearbly(world: State, arguments: Record) -> Record:
    found = find(world, arguments["query"], arguments["city"], 3)
    places: list[Record] = [
        {
            "place_id": key,
            "name": record["name"],
            "note": f"open {record['opens']} to {record['closes']}, rated {record['rating']}",
            "menu": _price_list(record),
        }
        for key, record in found
    ]
    return {"count": len(places), "places": places}


def _search_townpage(world: State, arguments: Record) -> Record:
    found = find(world, arguments["what"], arguments["where"], 3)
    listed: list[Record] = [
        {
            "businessId": key,
            "title": record["name"],
            "details": f"{record['name']}, phone {record['phone']}",
            "priceList": _price_list(record),
        }
        for key, record in found
    ]
    return {"top": next(iter(listed), None), "more": [record["name"] for _, record in found[1:]]}


def _search_guildhall(world: State, arguments: Record) -> Record:
    found = find(world, arguments["Term"], arguments["Town"], 2)
    merchants: list[Record] = [
        {
            "MerchantId": key,
            "Name": record["name"],
            "OpeningNote": f"{record['trade']} open until {record['closes']}, {record['feature']}",
            "Goods": list(record["prices"]),
        }
        for key, record in found
    ]
    return {"Merchants": merchants, "Town": arguments["Town"]}


def _order_nearbly(world: State, arguments: Record) -> Record:
    made = order(world, arguments["place_id"], [arguments["item"]], arguments["quantity"])
    return {"order_id": made, "state": "accepted", **orders.describe_total(world, made)}


def _order_townpage(world: State, arguments: Record) -> Record:
    made = order(world, arguments["businessId"], arguments["items"], arguments["each"])
    return {"booking": {"orderId": made, "bill": orders.describe_total(world, made)}}


def _order_guildhall(world: State, arguments: Record) -> Record:
    made = order(world, arguments["MerchantId"], [arguments["Goods"]], int(arguments["Number"]))
    record = orders.require_order(world, made)
    due = orders.show_money(record["cents"], record["currency"])
    return {"Slip": {"OrderId": made, "Due": due, "PayTo": record["seller"]}}


def _draw_search(world: State, _inputs: Record, rng: random.Random) -> Record:
    record = rng.choice(list(world.tables["merchants"].values()))
    feature = rng.choice((record["feature"], rng.choice(FEATURES)))
    query = f"{record['trade']} {feature} {rng.choice(OCCASIONS)}"
    return {"query": query, "city": record["town"]}


def _draw_order(world: State, inputs: Record, rng: random.Random) -> Record:
    record = require(world, "merchants", str(inputs["merchant"]), "merchant")
    return {"item": rng.choice(list(record["prices"])), "quantity": rng.randint(1, 12)}


def _searched(_world: State, _needs: Record, _result: Record) -> str | None:
    return None  # looking changes nothing


def _ordered(world: State, needs: Record, _result: Record) -> str | None:
    seller = require(world, "merchants", str(needs["merchant"]), "merchant")["name"]
    quantity = needs["quantity"]
    return lacking(world, "orders", seller=seller, item=needs["item"], quantity=quantity)


BEHAVIOURS = respell(
    {
        "nearbly_find_places": _search_nearbly,
        "townpageSearch": _search_townpage,
        "GuildhallLookup": _search_guildhall,
        "nearbly_create_order": _order_nearbly,
        "townpageOrder": _order_townpage,
        "GuildhallOrder": _order_guildhall,
    },
    {"townpage": capitals, "Guildhall": pascal},
)
DRAWS = {"LocalServices.search_merchant": _draw_search, "LocalServices.create_order": _draw_order}
EFFECTS = {"LocalServices.search_merchant": _searched, "LocalServices.create_order": _ordered}
