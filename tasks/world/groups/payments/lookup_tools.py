"""Tools that say how a payment stands, list what was paid, or bring a payment back."""

import random
from collections.abc import Sequence
from typing import TypeVar

from tasks.world.groups.desks import Way, desk
from tasks.world.groups.figures import show_money, to_decimal
from tasks.world.groups.paging import cut_page
from tasks.world.groups.payments.accounts import balances, find_payees
from tasks.world.groups.payments.journal import describe, history, look_up, purpose
from tasks.world.groups.payments.paying import take_back
from tasks.world.state import Record, State

Row = TypeVar("Row")
FLORINET_PAGE = 6
CURSOR = "from-"
QUILLBANK_PAGE = 5


def _query_ledgerly(world: State, arguments: Record) -> Record:
    found = look_up(world, arguments["payment_id"])
    return {
        "status": found["status"],
        "status_line": describe(found),
        "made_at": found["made_at"],
        "made_for": purpose(found),
    }


def _query_paywren(world: State, arguments: Record) -> Record:
    found = look_up(world, arguments["paymentId"])
    text = f"{found['amount']} {found['party']} is {found['status']}"
    code = found["status"].upper().replace(" ", "_")
    return {"paymentId": arguments["paymentId"], "status": {"code": code, "text": text}}


def _query_tillstone(world: State, arguments: Record) -> Record:
    found = look_up(world, arguments["PaymentId"])
    text = f"state {found['status']} for {found['amount']} {found['party']}"
    return {"Entry": {"Description": text, "BookedAt": found["made_at"]}}


def _payment_florinet(world: State, arguments: Record) -> Record:
    found = look_up(world, arguments["payment_ref"])
    entry: Record = {"line": describe(found), "kind": found.get("kind"), "for": purpose(found)}
    return {"entry": entry | {"made_at": found["made_at"]}}


def _history_florinet(world: State, arguments: Record) -> Record:
    party = arguments.get("party", "")
    rows = history(world, arguments.get("direction"), party)
    shown, cursor = _florinet_page(rows, arguments)
    entries: list[Record] = [
        {"payment_ref": payment, "line": describe(record), "made_at": record["made_at"]}
        for payment, record in shown
    ]
    return {"entries": entries, "total": len(rows), "next_cursor": cursor}


def _payees_florinet(world: State, arguments: Record) -> Record:
    payees = find_payees(world, arguments.get("party", ""))
    shown, cursor = _florinet_page(payees, arguments)
    return {"payees": list(shown), "total": len(payees), "next_cursor": cursor}


def _florinet_page(rows: Sequence[Row], arguments: Record) -> tuple[Sequence[Row], str | None]:
    start = int(arguments.get("cursor", f"{CURSOR}0").removeprefix(CURSOR))
    shown, more = cut_page(rows, start, FLORINET_PAGE)
    return shown, None if more is None else f"{CURSOR}{more}"


def _balances_florinet(world: State, _arguments: Record) -> Record:
    held = [show_money(cents, currency) for currency, cents in balances(world).items()]
    return {"balances": held, "read_at": world.now()}


def _find_quillbank(world: State, arguments: Record) -> Record:
    found = look_up(world, arguments["PaymentNumber"])
    text = f"{found['amount']} {found['party']}, {found['status']}"
    return {"Payment": {"Statement": text, "MadeOn": found["made_at"][:10]}}


def _refund_quillbank(world: State, arguments: Record) -> Record:
    status, refund = take_back(world, arguments["PaymentNumber"])
    found = look_up(world, arguments["PaymentNumber"])
    return {
        "PaymentNumber": arguments["PaymentNumber"],
        "Status": status.capitalize(),
        "RefundNumber": refund,
        "Returned": found["amount"],
        "DueAgain": found["order"],
    }


def _list_quillbank(world: State, arguments: Record) -> Record:
    rows, start = history(world), arguments.get("Offset", 0)
    shown, more = cut_page(rows, start, arguments.get("Limit", QUILLBANK_PAGE))
    listed: list[Record] = [
        {"PaymentNumber": payment, "Statement": f"{record['amount']} {record['party']}",
         "Status": record["status"].capitalize(), "MadeOn": record["made_at"][:10]}
        for payment, record in shown
    ]  # fmt: skip
    return {"Payments": listed, "InAll": len(rows), "NextOffset": more}


def _balance_quillbank(world: State, arguments: Record) -> Record:
    currency = arguments["Currency"]
    return {"Currency": currency, "Balance": to_decimal(balances(world)[currency])}


def _draw_query(world: State, inputs: Record, rng: random.Random) -> Record:
    return {"payment": inputs.get("payment") or rng.choice(list(world.tables["payments"]))}


def _known(world: State, needs: Record, _yields: Record) -> str | None:
    known = str(needs["payment"]) in world.tables["payments"]
    return None if known else "the payment is gone"


BEHAVIOURS = {
    "ledgerly_get_payment": _query_ledgerly,
    "paywrenPaymentStatus": _query_paywren,
    "TillstoneLookup": _query_tillstone,
    "florinet_statement": desk(
        "view",
        {
            "payment": Way(_payment_florinet, ("payment_ref",)),
            "history": Way(_history_florinet, takes=("direction", "party", "cursor")),
            "payees": Way(_payees_florinet, takes=("party", "cursor")),
            "balances": Way(_balances_florinet),
        },
    ),
    "QuillbankDesk": desk(
        "Action",
        {
            "Find": Way(_find_quillbank, ("PaymentNumber",)),
            "Refund": Way(_refund_quillbank, ("PaymentNumber",)),
            "List": Way(_list_quillbank, takes=("Offset", "Limit")),
            "Balance": Way(_balance_quillbank, ("Currency",)),
        },
    ),
}
DRAWS = {"Payments.query_payment": _draw_query}
EFFECTS = {"Payments.query_payment": _known}
