"""Orders of shops and local businesses, in one table so that a payment can settle either."""

from dataclasses import dataclass
from typing import Literal

from schemas.base import JsonValue
from tasks.world.contract import Refused
from tasks.world.groups.figures import show_moment, show_money, to_decimal
from tasks.world.groups.records import fits, require
from tasks.world.state import Record, State

Kind = Literal["shop", "local"]
PREFIXES: dict[Kind, str] = {"shop": "order", "local": "pickup"}
PLACES: dict[Kind, str] = {"shop": "a shop", "local": "a local business"}
TAKEN_BACK = ("stopped", "refunded")  # payments that pay for nothing any more


@dataclass(frozen=True, slots=True)
class Sale:
    """What is ordered: `item` as the seller's list has it, `title` as a person would say it.

    `cents` is what all pieces cost together.
    """

    seller: str
    item: str
    title: str
    quantity: int
    cents: int
    currency: str


def add_payee(world: State, name: str) -> None:
    """Put somebody into the address book, with an empty account."""
    world.insert("payees", name, {})


def place_order(world: State, kind: Kind, sale: Sale) -> str:
    """Keep an order that is to be paid to the seller; return its id."""
    order = keep_order(world, kind, sale, world.clock)
    world.note(f"{order} placed: {sale.quantity} of {sale.item} from {sale.seller}")
    return order


def keep_order(world: State, kind: Kind, sale: Sale, placed: int) -> str:
    """Keep an order placed at a minute that may be long past; return its id."""
    order = world.new_id(PREFIXES[kind])
    record: Record = {
        "kind": kind, "seller": sale.seller, "item": sale.item, "title": sale.title,
        "quantity": sale.quantity, "cents": sale.cents, "currency": sale.currency,
        "paid_cents": 0, "placed": placed, "status": "open",
    }  # fmt: skip
    world.insert("orders", order, record)
    return order


def cancel_order(world: State, order: str, kind: Kind) -> Record:
    """Cancel an order of a kind and return it.

    Raises:
        Refused: unknown_order, other_order, order_cancelled or order_paid.
    """
    record = require_order(world, order, kind)
    if record["status"] == "cancelled":
        raise Refused("order_cancelled", f"{order} is cancelled already.")
    if record["paid_cents"]:
        paid = show_money(record["paid_cents"], record["currency"])
        payments = ", ".join(_payments_for(world, order))
        raise Refused("order_paid", f"{order} has {paid} paid.", f"First take back {payments}.")
    record["status"] = "cancelled"
    world.note(f"{order} cancelled")
    return record


def _payments_for(world: State, order: str) -> list[str]:
    return [
        payment
        for payment, record in world.tables.get("payments", {}).items()
        if record.get("order") == order and record["status"] not in TAKEN_BACK
    ]


def require_order(world: State, order: str, kind: Kind | None = None) -> Record:
    """Return an order. Raises: Refused (`unknown_order`, or `other_order` if of another kind)."""
    record = require(world, "orders", order, "order")
    if kind not in (None, record["kind"]):
        place = PLACES[record["kind"]]
        raise Refused("other_order", f"{order} was placed with {place}.", f"Ask {place} about it.")
    return record


def require_due(world: State, order: str, payee: str, cents: int, currency: str) -> None:
    """Return if a payment fits the order.

    Raises:
        Refused: unknown_order, order_cancelled, wrong_payee, wrong_currency or more_than_due.
    """
    record = require_order(world, order)
    if record["status"] == "cancelled":
        raise Refused("order_cancelled", f"{order} is cancelled: there is nothing to pay.")
    if record["seller"] != payee:
        raise Refused("wrong_payee", f"{order} is to be paid to {record['seller']}.")
    if record["currency"] != currency:
        raise Refused("wrong_currency", f"{order} is to be paid in {record['currency']}.")
    if cents > due_cents(record):
        due = show_money(due_cents(record), currency)
        raise Refused("more_than_due", f"{order} has {due} left to pay.")


def due_cents(order: Record) -> int:
    """Return what is left to pay of an order; nothing once it is cancelled."""
    return int(order["cents"]) - int(order["paid_cents"]) if order["status"] == "open" else 0


def payment_state(order: Record) -> str:
    """Return how an order stands: cancelled, unpaid, part paid or paid."""
    if order["status"] == "cancelled":
        return "cancelled"
    if due_cents(order) == 0:
        return "paid"
    return "part paid" if order["paid_cents"] else "unpaid"


def list_orders(world: State, kind: Kind) -> list[tuple[str, Record]]:
    """Return the orders of a kind with their ids, the latest first."""
    rows = world.tables.get("orders", {}).items()
    found = [(order, record) for order, record in rows if record["kind"] == kind]
    found.reverse()  # of one minute, too
    return sorted(found, key=lambda row: -int(row[1]["placed"]))


def describe_order(record: Record) -> str:
    """Return an order in a line: `unpaid, 2 of Oak tray from Oakmoor Press for 31.00 EUR`."""
    what = f"{record['quantity']} of {record['title']} from {record['seller']}"
    price = show_money(record["cents"], record["currency"])
    return f"{payment_state(record)}, {what} for {price}"


def placed_at(order: Record) -> str:
    """Return when an order was placed, ISO 8601 in UTC."""
    return show_moment(order["placed"])


def describe_total(world: State, order: str) -> Record:
    """Return what an order costs and who is to be paid."""
    record = require_order(world, order)
    return {
        "total": to_decimal(record["cents"]),
        "currency": record["currency"],
        "seller": record["seller"],
    }


def lacking_order(world: State, yields: Record, **fields: JsonValue) -> str | None:
    """Return None if the order that a call yielded still stands with all `fields`."""
    record = world.tables["orders"][yields["order"]]
    if record["status"] == "open" and fits(record, fields):
        return None
    return "the order was not placed as asked, or it was cancelled"
