"""The payments group: accounts in several currencies, payments that settle after a while."""

import random
from decimal import Decimal

from schemas.base import JsonValue
from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups import orders
from tasks.world.groups.records import capitals, lacking, pascal, require, respell
from tasks.world.state import Record, State

CURRENCIES = ("EUR", "USD", "GBP", "CHF")
OWN = "own account"
PAYEES = 8
OLD_PAYMENTS = 4
SETTLES_AFTER = 2  # minutes; every call takes one
OLD_STATES = ("settled", "on hold", "refunded", "waiting for approval")


def seed(world: State) -> None:
    """Fill the own account, the address book and some earlier payments."""
    rng = world.rng
    own = {currency: rng.randint(20_000_00, 90_000_00) for currency in CURRENCIES}
    world.insert("money", OWN, dict(own))
    payees = [names.company(rng) for _ in range(PAYEES // 2)]
    payees += [names.person(rng) for _ in range(PAYEES // 2)]
    for payee in payees:
        orders.add_payee(world, payee)
    for _ in range(OLD_PAYMENTS):
        cents, currency = rng.randint(800, 60_000), rng.choice(CURRENCIES)
        payment = _record_payment(world, rng.choice(payees), cents, currency, None)
        world.tables["payments"][payment] |= {"status": rng.choice(OLD_STATES), "settles_at": None}


def pay(world: State, payee: str, cents: int, currency: str, order: str | None) -> str:
    """Move money to a payee and return the payment's id.

    Raises:
        Refused: unknown_payee, insufficient_funds, or the order does not fit.
    """
    require(world, "payees", payee, "payee")
    if order is not None:
        orders.require_due(world, order, payee, cents, currency)
    held = world.tables["money"][OWN][currency]
    if held < cents:
        message = f"The account holds {orders.show_money(held, currency)}."
        raise Refused("insufficient_funds", message, "Pay less or from another currency.")
    _move(world, payee, cents, currency)
    if order is not None:
        world.tables["orders"][order]["paid_cents"] += cents
    payment = _record_payment(world, payee, cents, currency, order)
    world.note(f"{payment}: {orders.show_money(cents, currency)} to {payee}")
    return payment


def look_up(world: State, payment: str) -> Record:
    """Return a payment with its present status. Raises: Refused (`unknown_payment`)."""
    record = require(world, "payments", payment, "payment")
    settles = record["settles_at"]
    settled = settles is not None and world.clock >= settles
    return record | {"status": "settled" if settled else record["status"]}


def to_cents(amount: JsonValue) -> int:
    """Return a decimal amount in cents. Raises: Refused (`bad_amount`)."""
    cents = Decimal(str(amount)) * 100
    if cents < 1 or cents != int(cents):
        raise Refused("bad_amount", "The amount must be positive, with at most two decimals.")
    return int(cents)


def _move(world: State, payee: str, cents: int, currency: str) -> None:
    accounts = world.tables["money"]
    accounts[OWN][currency] -= cents
    account = accounts.setdefault(payee, {})
    account[currency] = account.get(currency, 0) + cents


def _record_payment(world: State, payee: str, cents: int, currency: str, order: str | None) -> str:
    payment = world.new_id("pay")
    record: Record = {
        "payee": payee, "cents": cents, "currency": currency, "order": order,
        "amount": orders.show_money(cents, currency), "party": f"to {payee}",
        "status": "processing", "made_at": world.now(),
        "settles_at": world.clock + SETTLES_AFTER,
    }  # fmt: skip
    world.insert("payments", payment, record)
    return payment


def _pay_ledgerly(world: State, arguments: Record) -> Record:
    cents, currency = arguments["amount_cents"], arguments["currency"]
    order = arguments.get("order_reference")
    payment = pay(world, arguments["payee"], cents, currency, order)
    made: Record = {"id": payment, "amount_cents": cents, "currency": currency}
    left = world.tables["money"][OWN][currency]
    return {"payment": made, "state": "processing", "balance_cents": left}


def _pay_paywren(world: State, arguments: Record) -> Record:
    cents, currency = to_cents(arguments["amount"]), arguments["currencyCode"]
    order = arguments.get("orderId")
    payment = pay(world, arguments["recipientName"], cents, currency, order)
    return {"paymentId": payment, "status": "PROCESSING", "createdAt": world.now()}


def _pay_tillstone(world: State, arguments: Record) -> Record:
    cents, currency = to_cents(arguments["Amount"]), arguments["Currency"]
    payment = pay(world, arguments["Beneficiary"], cents, currency, arguments.get("Reference"))
    booked = orders.show_money(cents, currency)
    return {"Confirmation": {"PaymentId": payment, "Booked": booked, "At": world.now()}}


def _query_ledgerly(world: State, arguments: Record) -> Record:
    found = look_up(world, arguments["payment_id"])
    line = f"{found['status']}, {found['amount']} {found['party']}"
    return {"status": found["status"], "status_line": line, "made_at": found["made_at"]}


def _query_paywren(world: State, arguments: Record) -> Record:
    found = look_up(world, arguments["paymentId"])
    text = f"{found['amount']} {found['party']} is {found['status']}"
    code = found["status"].upper().replace(" ", "_")
    return {"paymentId": arguments["paymentId"], "status": {"code": code, "text": text}}


def _query_tillstone(world: State, arguments: Record) -> Record:
    found = look_up(world, arguments["PaymentId"])
    text = f"state {found['status']} for {found['amount']} {found['party']}"
    return {"Entry": {"Description": text, "BookedAt": found["made_at"]}}


def _draw_payment(world: State, inputs: Record, rng: random.Random) -> Record:
    if "order" not in inputs:
        amount = orders.to_decimal(rng.randint(350, 48_000))
        payee = rng.choice(list(world.tables["payees"]))
        return {"payee": payee, "amount": amount, "currency": rng.choice(CURRENCIES)}
    order = orders.require_order(world, str(inputs["order"]))
    due = orders.due_cents(order)
    if not due:
        raise Refused("nothing_due", "The order is paid already.")
    amount = orders.to_decimal(due)
    return {"payee": order["seller"], "amount": amount, "currency": order["currency"]}


def _draw_query(world: State, inputs: Record, rng: random.Random) -> Record:
    return {"payment": inputs.get("payment") or rng.choice(list(world.tables["payments"]))}


def _paid(world: State, needs: Record, _result: Record) -> str | None:
    wanted = {name: needs[name] for name in ("payee", "currency")}
    cents, order = to_cents(needs["amount"]), needs.get("order")
    return lacking(world, "payments", cents=cents, order=order, **wanted)


def _known(world: State, needs: Record, _result: Record) -> str | None:
    known = str(needs["payment"]) in world.tables["payments"]
    return None if known else "the payment is gone"


BEHAVIOURS = respell(
    {
        "ledgerly_create_payment": _pay_ledgerly,
        "paywrenSendMoney": _pay_paywren,
        "TillstonePay": _pay_tillstone,
        "ledgerly_get_payment": _query_ledgerly,
        "paywrenPaymentStatus": _query_paywren,
        "TillstoneLookup": _query_tillstone,
    },
    {"paywren": capitals, "Tillstone": pascal},
)
DRAWS = {"Payments.create_payment": _draw_payment, "Payments.query_payment": _draw_query}
EFFECTS = {"Payments.create_payment": _paid, "Payments.query_payment": _known}
