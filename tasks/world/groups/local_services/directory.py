"""The directory: businesses of a few towns, with their hours, price lists and telephone."""

from random import Random

from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups import orders
from tasks.world.groups.figures import show_money
from tasks.world.groups.local_services.trades import FEATURES, OFFERS, TRADES
from tasks.world.groups.payments.accounts import CURRENCIES
from tasks.world.groups.ranking import rank
from tasks.world.groups.records import require
from tasks.world.groups.spread import spread
from tasks.world.state import Record, State

TOWNS = 4
PER_TOWN = 3
ITEMS = 5
CHEAPEST, DEARER = 250, 4_650  # cents: the lowest price, and the most that may come on top


def seed_directory(world: State) -> None:
    """Fill a few towns with businesses."""
    for town in spread(world.rng, names.CITIES, TOWNS):
        for trade in spread(world.rng, TRADES, PER_TOWN):
            record = _business(world.rng, town, trade)
            world.insert("merchants", world.new_id("shop"), record)
            orders.add_payee(world, record["name"])


def _business(rng: Random, town: str, trade: str) -> Record:
    items = spread(rng, OFFERS[trade], ITEMS)
    return {
        "name": f"{rng.choice(names.COMPANY_FIRST)} {trade.title()}", "trade": trade, "town": town,
        "feature": rng.choice(FEATURES), "opens": f"{rng.randint(7, 10):02d}:00",
        "closes": f"{rng.randint(16, 21)}:30", "rating": rng.randint(35, 50) / 10,
        "phone": names.phone(rng), "currency": rng.choice(CURRENCIES),
        "prices": {item: CHEAPEST + int(rng.random() * DEARER) for item in items},
    }  # fmt: skip


def find(world: State, query: str, town: str) -> list[tuple[str, Record]]:
    """Return businesses of a town with their ids, best match first.

    Raises:
        Refused: unknown_town.
    """
    here = in_town(world, town)
    ranked = rank(query, {key: (_about(record), "") for key, record in here.items()})
    return [(key, here[key]) for key in ranked]


def in_town(world: State, town: str) -> dict[str, Record]:
    """Return the businesses of a town by id. Raises: Refused (`unknown_town`)."""
    wanted = town.lower().strip()
    merchants = world.tables["merchants"].items()
    here = {key: record for key, record in merchants if record["town"].lower() == wanted}
    if not here:
        known = ", ".join(towns(world))
        raise Refused("unknown_town", f"Nothing is listed in {town[:60]}.", f"Towns: {known}.")
    return here


def towns(world: State) -> list[str]:
    """Return the towns that have businesses, sorted."""
    return sorted({record["town"] for record in world.tables["merchants"].values()})


def require_merchant(world: State, merchant: str) -> Record:
    """Return a business. Raises: Refused (`unknown_merchant`)."""
    return require(world, "merchants", merchant, "merchant")


def price_list(record: Record) -> Record:
    """Return what each thing of a business costs, as text."""
    prices: dict[str, int] = record["prices"]
    return {item: show_money(cents, record["currency"]) for item, cents in prices.items()}


def hours(record: Record) -> str:
    """Return when a business is open: `07:00 to 18:30`."""
    return f"{record['opens']} to {record['closes']}"


def _about(record: Record) -> str:
    items = " ".join(record["prices"])
    return f"{record['name']} {record['trade']} {record['feature']} {items}"
