"""Orders of shops and local businesses, in one table so that a payment can settle either."""

from tasks.world.contract import Refused
from tasks.world.groups.records import require
from tasks.world.state import Record, State


def add_payee(world: State, name: str) -> None:
    """Put somebody into the address book, with an empty account."""
    world.insert("payees", name, {})


def place_order(
    world: State, seller: str, item: str, quantity: int, cents: int, currency: str
) -> str:
    """Keep an order over `cents` in all, to be paid to the seller; return its id."""
    order = world.new_id("order")
    record: Record = {
        "seller": seller, "item": item, "quantity": quantity, "cents": cents,
        "currency": currency, "paid_cents": 0, "placed_at": world.now(),
    }  # fmt: skip
    world.insert("orders", order, record)
    world.note(f"{order} placed: {quantity} of {item} from {seller}")
    return order


def require_order(world: State, order: str) -> Record:
    """Return an order. Raises: Refused (`unknown_order`)."""
    return require(world, "orders", order, "order")


def require_due(world: State, order: str, payee: str, cents: int, currency: str) -> None:
    """Return if a payment fits the order.

    Raises:
        Refused: unknown_order, wrong_payee, wrong_currency or more_than_due.
    """
    record = require_order(world, order)
    if record["seller"] != payee:
        raise Refused("wrong_payee", f"{order} is to be paid to {record['seller']}.")
    if record["currency"] != currency:
        raise Refused("wrong_currency", f"{order} is to be paid in {record['currency']}.")
    if cents > due_cents(record):
        due = show_money(due_cents(record), currency)
        raise Refused("more_than_due", f"{order} has {due} left to pay.")


def due_cents(order: Record) -> int:
    """Return what is left to pay of an order."""
    return int(order["cents"]) - int(order["paid_cents"])


def to_decimal(cents: int) -> int | float:
    """Return cents as the decimal number a person would write."""
    return cents // 100 if cents % 100 == 0 else cents / 100


def show_money(cents: int, currency: str) -> str:
    """Return an amount as text: `1,204.50 EUR`."""
    return f"{cents // 100:,}.{cents % 100:02d} {currency}"


def describe_total(world: State, order: str) -> Record:
    """Return what an order costs and who is to be paid."""
    record = require_order(world, order)
    return {
        "total": to_decimal(record["cents"]),
        "currency": record["currency"],
        "seller": record["seller"],
    }
