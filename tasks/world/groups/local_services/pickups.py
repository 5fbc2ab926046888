"""Orders for pick-up: accepted, then prepared; until that begins they can be cancelled."""

from tasks.world.contract import Refused
from tasks.world.groups import orders
from tasks.world.groups.local_services.directory import require_merchant
from tasks.world.state import Record, State

PREPARED_AFTER, READY_AFTER = 10, 25  # minutes; every call takes one
OLDEST = 40  # minutes


def seed_pickups(world: State) -> None:
    """Keep an order that was placed a little earlier."""
    rng = world.rng
    merchant = require_merchant(world, rng.choice(list(world.tables["merchants"])))
    sale = _sale(merchant, [rng.choice(list(merchant["prices"]))], rng.randint(1, 3))
    orders.keep_order(world, "local", sale, world.clock - rng.randint(1, OLDEST))


def order(world: State, merchant: str, items: list[str], quantity: int) -> str:
    """Order `quantity` of each item; return the order's id.

    Raises:
        Refused: unknown_merchant or not_on_the_list.
    """
    record = require_merchant(world, merchant)
    for item in items:
        if item not in record["prices"]:
            message = f"{record['name']} does not have {item[:60]}."
            raise Refused("not_on_the_list", message, f"It has: {', '.join(record['prices'])}.")
    return orders.place_order(world, "local", _sale(record, items, quantity))


def progress(world: State, record: Record) -> str:
    """Return how far an order is: cancelled, accepted, being prepared or ready for pick-up."""
    if record["status"] == "cancelled":
        return "cancelled"
    waited = world.clock - record["placed"]
    if waited < PREPARED_AFTER:
        return "accepted"
    return "being prepared" if waited < READY_AFTER else "ready for pick-up"


def cancel(world: State, pickup: str) -> Record:
    """Cancel an order and return it.

    Raises:
        Refused: unknown_order, other_order, order_cancelled, too_late or order_paid.
    """
    record = orders.require_order(world, pickup, "local")
    stage = progress(world, record)
    if stage in ("being prepared", "ready for pick-up"):
        message = f"{pickup} is {stage} and can't be cancelled any more."
        raise Refused("too_late", message, f"Settle it with {record['seller']} at pick-up.")
    return orders.cancel_order(world, pickup, "local")


def _sale(record: Record, items: list[str], quantity: int) -> orders.Sale:
    item = ", ".join(items)
    return orders.Sale(
        seller=record["name"],
        item=item,
        title=item,
        quantity=quantity,
        cents=sum(record["prices"][name] for name in items) * quantity,
        currency=record["currency"],
    )
