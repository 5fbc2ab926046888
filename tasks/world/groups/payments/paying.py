"""Payments: money goes to a payee and settles after a while, and it can be taken back."""

from tasks.world.contract import Refused
from tasks.world.groups import orders
from tasks.world.groups.figures import show_moment, show_money
from tasks.world.groups.payments.accounts import (
    CURRENCIES,
    OWN,
    credit,
    move,
    require_held,
    require_payee,
)
from tasks.world.groups.payments.journal import look_up
from tasks.world.state import Record, State

OLD_PAYMENTS = 4
OLD_STATES = ("settled", "on hold", "refunded", "waiting for approval")
A_DAY, TWO_MONTHS = 1_440, 86_400  # minutes
SETTLES_AFTER = 2  # minutes; every call takes one


def seed_payments(world: State, payees: list[str]) -> None:
    """Put some earlier payments into the journal."""
    rng = world.rng
    for _ in range(OLD_PAYMENTS):
        payee, currency = rng.choice(payees), rng.choice(CURRENCIES)
        cents, status = rng.randint(800, 60_000), rng.choice(OLD_STATES)
        made = show_moment(world.clock - rng.randint(A_DAY, TWO_MONTHS))
        record = _outgoing(payee, cents, currency, None)
        record |= {"status": status, "made_at": made, "settles_at": None}
        world.insert("payments", world.new_id("pay"), record)
        if status != "refunded":
            credit(world, payee, cents, currency)


def pay(world: State, payee: str, cents: int, currency: str, order: str | None) -> str:
    """Move money to a payee and return the payment's id.

    Raises:
        Refused: unknown_payee, insufficient_funds, or the order does not fit.
    """
    require_payee(world, payee)
    if order is not None:
        orders.require_due(world, order, payee, cents, currency)
    require_held(world, cents, currency)
    move(world, OWN, payee, cents, currency)
    if order is not None:
        orders.require_order(world, order)["paid_cents"] += cents
    payment = _record(world, "pay", _outgoing(payee, cents, currency, order))
    world.note(f"{payment}: {show_money(cents, currency)} to {payee}")
    return payment


def take_back(world: State, payment: str) -> tuple[str, str | None]:
    """Bring a payment's money back; return its new status and the id of the refund.

    A payment that has not settled is stopped and needs no refund: the second is None. The order
    it was for is due again.

    Raises:
        Refused: unknown_payment, not_refundable or already_taken_back.
    """
    record = look_up(world, payment)
    _require_refundable(payment, record)
    settled = record["status"] == "settled"
    payee, cents, currency = record["payee"], record["cents"], record["currency"]
    move(world, payee, OWN, cents, currency)
    if record["order"] is not None:
        orders.require_order(world, record["order"])["paid_cents"] -= cents
    status = "refunded" if settled else "stopped"
    world.tables["payments"][payment] |= {"status": status, "settles_at": None}
    world.note(f"{payment} {status}: {show_money(cents, currency)} back from {payee}")
    return status, _record(world, "refund", _refund(record, payment)) if settled else None


def _require_refundable(payment: str, record: Record) -> None:
    if record.get("kind") != "payment":
        message = f"{payment} is a {record.get('kind')}, not a payment to somebody."
        raise Refused("not_refundable", message, "Only what was paid from this account comes back.")
    if record["status"] in orders.TAKEN_BACK:
        message = f"{payment} is {record['status']} already; its money is back."
        raise Refused("already_taken_back", message)


def _outgoing(payee: str, cents: int, currency: str, order: str | None) -> Record:
    return {
        "kind": "payment", "payee": payee, "cents": cents, "currency": currency, "order": order,
        "amount": show_money(cents, currency), "party": f"to {payee}",
    }  # fmt: skip


def _refund(record: Record, payment: str) -> Record:
    money = {name: record[name] for name in ("cents", "currency", "amount")}
    return {"kind": "refund", "refund_of": payment, "party": f"from {record['payee']}", **money}


def _record(world: State, prefix: str, record: Record) -> str:
    payment = world.new_id(prefix)
    settles_at = world.clock + SETTLES_AFTER
    record |= {"status": "processing", "made_at": world.now(), "settles_at": settles_at}
    world.insert("payments", payment, record)
    return payment
