"""Tools that pay somebody, and what each of them also does around a payment."""

import random

from tasks.world.contract import Refused
from tasks.world.groups import orders
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.figures import show_money, to_cents, to_decimal
from tasks.world.groups.paging import cut_page
from tasks.world.groups.payments.accounts import CURRENCIES, balances, find_payees
from tasks.world.groups.payments.journal import look_up
from tasks.world.groups.payments.paying import SETTLES_AFTER, pay, take_back
from tasks.world.groups.records import fits
from tasks.world.state import Record, State

PAYEES_A_PAGE = 8


def _pay_ledgerly(world: State, arguments: Record) -> Record:
    cents, currency = arguments["amount_cents"], arguments["currency"]
    order = arguments.get("order_reference")
    payment = pay(world, arguments["payee"], cents, currency, order)
    made: Record = {"id": payment, "amount_cents": cents, "currency": currency}
    return {"payment": made, "state": "processing", "balance_cents": balances(world)[currency]}


def _pay_paywren(world: State, arguments: Record) -> Record:
    cents, currency = to_cents(arguments["amount"]), arguments["currencyCode"]
    order = arguments.get("orderId")
    payment = pay(world, arguments["recipientName"], cents, currency, order)
    return {"paymentId": payment, "status": "PROCESSING", "createdAt": world.now()}


def _pay_tillstone(world: State, arguments: Record) -> Record:
    cents, currency = to_cents(arguments["Amount"]), arguments["Currency"]
    payment = pay(world, arguments["Beneficiary"], cents, currency, arguments.get("Reference"))
    booked = show_money(cents, currency)
    return {"Confirmation": {"PaymentId": payment, "Booked": booked, "At": world.now()}}


def _send_brasswing(world: State, arguments: Record) -> Record:
    cents, currency = arguments["minor-units"], arguments["in-currency"]
    payment = pay(world, arguments["pay-to"], cents, currency, arguments.get("for-order"))
    return {
        "transfer": {"number": payment, "pay-to": arguments["pay-to"], "minor-units": cents},
        "state": "processing",
        "settles-in-minutes": SETTLES_AFTER,
    }


def _take_back_brasswing(world: State, arguments: Record) -> Record:
    payment = arguments["transfer-number"]
    status, refund = take_back(world, payment)
    returned = look_up(world, payment)["amount"]
    return {"transfer-number": payment, "state": status, "returned": returned, "refund": refund}


def _payees_brasswing(world: State, arguments: Record) -> Record:
    payees, page = find_payees(world, arguments.get("name-has", "")), arguments.get("page", 1)
    shown, more = cut_page(payees, (page - 1) * PAYEES_A_PAGE, PAYEES_A_PAGE)
    next_page = page + 1 if more is not None else None
    return {"payees": list(shown), "count": len(payees), "page": page, "next-page": next_page}


def _balance_brasswing(world: State, _arguments: Record) -> Record:
    return {"minor-units": dict(balances(world)), "as-of": world.now()}


def _draw_payment(world: State, inputs: Record, rng: random.Random) -> Record:
    if "order" not in inputs:
        amount = to_decimal(rng.randint(350, 48_000))
        payee = rng.choice(list(world.tables["payees"]))
        return {"payee": payee, "amount": amount, "currency": rng.choice(CURRENCIES)}
    order = orders.require_order(world, str(inputs["order"]))
    due = orders.due_cents(order)
    if not due:
        raise Refused("nothing_due", "The order is paid or cancelled already.")
    return {"payee": order["seller"], "amount": to_decimal(due), "currency": order["currency"]}


def _paid(world: State, needs: Record, yields: Record) -> str | None:
    wanted = {name: needs.get(name) for name in ("payee", "currency", "order")}
    wanted["cents"] = to_cents(needs["amount"])
    record = world.tables["payments"][yields["payment"]]
    if record["status"] not in orders.TAKEN_BACK and fits(record, wanted):
        return None
    return "the payment was not made as asked, or it was taken back"


BEHAVIOURS = {
    "ledgerly_create_payment": _pay_ledgerly,
    "paywrenSendMoney": _pay_paywren,
    "TillstonePay": _pay_tillstone,
    "brasswing-transfers": desk(
        "task",
        {
            "send": Way(
                _send_brasswing, ("pay-to", "minor-units", "in-currency"), takes=("for-order",)
            ),
            "take-back": Way(_take_back_brasswing, ("transfer-number",)),
            "list-payees": Way(_payees_brasswing, takes=("name-has", "page")),
            "balance": Way(_balance_brasswing),
        },
    ),
}
DRAWS = {"Payments.create_payment": _draw_payment}
EFFECTS = {"Payments.create_payment": _paid}
