"""The basket: products that are gathered first and ordered together. It reserves nothing."""

from tasks.world.contract import Refused
from tasks.world.groups.ecommerce.buying import buy
from tasks.world.groups.ecommerce.catalogue import require_product, require_stock
from tasks.world.groups.figures import show_money
from tasks.world.state import Record, State


def seed_basket(world: State) -> None:
    """Start with an empty basket."""
    world.table("basket")


def pieces_of(world: State, product: str) -> int:
    """Return how many pieces of a product lie in the basket."""
    line = world.tables["basket"].get(product)
    return int(line["pieces"]) if line else 0


def add(world: State, product: str, pieces: int) -> None:
    """Lay pieces into the basket, on top of those that are there.

    Raises:
        Refused: unknown_product or out_of_stock.
    """
    together = pieces_of(world, product) + pieces
    require_stock(require_product(world, product), together)
    world.insert("basket", product, {"pieces": together})
    world.note(f"basket: {pieces} of {product} added")


def remove(world: State, product: str, pieces: int | None) -> None:
    """Take pieces out of the basket, all of a product if `pieces` is None.

    Raises:
        Refused: not_in_basket or more_than_in_basket.
    """
    there = pieces_of(world, product)
    if not there:
        held = ", ".join(world.tables["basket"]) or "nothing"
        raise Refused("not_in_basket", f"{product[:60]} is not there.", f"There is {held}.")
    left = 0 if pieces is None else there - pieces
    if left < 0:
        message = f"There are only {there} of {product}."
        raise Refused("more_than_in_basket", message, "Give no number to take out all.")
    if left:
        world.insert("basket", product, {"pieces": left})
    else:
        del world.tables["basket"][product]
    world.note(f"basket: {product} taken out, {left} left")


def empty(world: State) -> int:
    """Take everything out and return how many pieces. Raises: Refused (`basket_empty`)."""
    _require_filled(world)
    pieces = sum(int(line["pieces"]) for line in world.tables["basket"].values())
    world.tables["basket"].clear()
    world.note("basket emptied")
    return pieces


def check_out(world: State) -> list[str]:
    """Order all that lies in the basket and empty it; return an order for each product.

    Raises:
        Refused: basket_empty, or out_of_stock if any product has too few pieces left.
    """
    _require_filled(world)
    lines = [(product, line["pieces"]) for product, line in world.tables["basket"].items()]
    for product, pieces in lines:
        require_stock(require_product(world, product), pieces)
    world.tables["basket"].clear()
    return [buy(world, product, pieces) for product, pieces in lines]


def totals(world: State) -> list[str]:
    """Return what the basket costs in each currency, as text."""
    sums: dict[str, int] = {}
    for product, line in world.tables["basket"].items():
        record = require_product(world, product)
        cents = sums.get(record["currency"], 0) + record["cents"] * line["pieces"]
        sums[record["currency"]] = cents
    return [show_money(cents, currency) for currency, cents in sums.items()]


def lines(world: State) -> list[Record]:
    """Return the lines of the basket: product, title, pieces and price of them together."""
    return [
        _line(product, require_product(world, product), line["pieces"])
        for product, line in world.tables["basket"].items()
    ]


def _line(product: str, record: Record, pieces: int) -> Record:
    price = show_money(record["cents"] * pieces, record["currency"])
    return {"product": product, "title": record["title"], "pieces": pieces, "price": price}


def _require_filled(world: State) -> None:
    if not world.tables["basket"]:
        raise Refused("basket_empty", "The basket is empty.", "Add a product first.")
