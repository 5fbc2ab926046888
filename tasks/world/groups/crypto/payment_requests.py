"""Requests for a bitcoin payment: making, reading, listing and cancelling them."""

import random

from tasks.world.contract import Refused
from tasks.world.groups.crypto import ledger
from tasks.world.groups.crypto.addresses import derive_address
from tasks.world.groups.crypto.pools import draw_memo
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.paging import cut_page
from tasks.world.groups.records import lacking, require
from tasks.world.state import Record, State

KIND = "bitcoin request"
MOST_LISTED = 4  # on a page
WAITING, PAID, CANCELLED = "awaiting payment", "paid", "cancelled"


def ask_for_bitcoin(world: State, units: int, memo: str) -> tuple[str, str]:
    """Make a payment request that `query_payment` finds; return its id and its address."""
    payment = world.new_id("pay")
    address = derive_address("bitcoin", world.seed, payment)
    amount = f"{ledger.show(units)} BTC"
    record: Record = {
        "kind": KIND, "memo": memo, "units": units, "address": address, "amount": amount,
        "party": "from a bitcoin payer", "status": WAITING, "cancelled": False,
        "made_at": world.now(), "settles_at": None,
    }  # fmt: skip
    world.insert("payments", payment, record)
    world.note(f"payment request {payment} over {amount}")
    return payment, address


def require_request(world: State, payment: str) -> Record:
    """Return a payment request.

    Raises:
        Refused: unknown_payment, or not_a_request for a payment of another kind.
    """
    found = require(world, "payments", payment, "payment")
    if found.get("kind") != KIND:
        message = f"{payment} is no bitcoin request."
        raise Refused("not_a_request", message, "List the requests to find its id.")
    return found


def cancel(world: State, payment: str) -> None:
    """Close a request that nothing was paid on.

    Raises:
        Refused: unknown_payment, not_a_request, already_cancelled or already_paid.
    """
    found = require_request(world, payment)
    if found["cancelled"]:
        raise Refused("already_cancelled", f"{payment} was cancelled before.")
    arrived = ledger.balance(world, found["address"], "BTC")
    if arrived:
        message = f"{ledger.show(arrived)} BTC arrived on {payment}; it can't be cancelled."
        raise Refused("already_paid", message, "Send the bitcoin back if it was a mistake.")
    found |= {"status": CANCELLED, "cancelled": True}
    world.note(f"payment request {payment} cancelled")


def note_arrival(world: State, address: str) -> None:
    """Mark the request at an address as paid if enough has arrived there."""
    arrived = ledger.balance(world, address, "BTC")
    for payment, found in world.tables["payments"].items():
        waiting = found.get("address") == address and found["status"] == WAITING
        if waiting and arrived >= found["units"]:
            found["status"] = PAID
            world.note(f"payment request {payment} is paid")


def _ask_satchel(world: State, arguments: Record) -> Record:
    units = ledger.to_units(arguments["amount_btc"])
    payment, address = ask_for_bitcoin(world, units, arguments["memo"])
    asked: Record = {"payment_id": payment, "pay_to": address}
    return {"request": asked, "status": "awaiting_payment", "created_at": world.now()}


def _ask_tilltree(world: State, arguments: Record) -> Record:
    units = ledger.to_units(arguments["btcAmount"])
    payment, address = ask_for_bitcoin(world, units, arguments["memoLine"])
    return {"invoiceId": payment, "invoiceState": "open", "address": address}


def _ask_mintwell(world: State, arguments: Record) -> Record:
    units = ledger.to_units(arguments["Btc"])
    payment, _ = ask_for_bitcoin(world, units, arguments["Purpose"])
    return {"Request": _mintwell_request(world, payment)}


def _read_mintwell(world: State, arguments: Record) -> Record:
    return {"Request": _mintwell_request(world, arguments["RequestId"])}


def _list_mintwell(world: State, arguments: Record) -> Record:
    payments = world.tables["payments"].items()
    asked = [payment for payment, found in reversed(payments) if found.get("kind") == KIND]
    shown, more = cut_page(asked, arguments.get("Skip", 0), arguments.get("Top", MOST_LISTED))
    requests: list[Record] = [_mintwell_request(world, payment) for payment in shown]
    return {"Count": len(asked), "Requests": requests, "SkipNext": more}


def _cancel_mintwell(world: State, arguments: Record) -> Record:
    cancel(world, arguments["RequestId"])
    return {"Request": _mintwell_request(world, arguments["RequestId"])}


def _mintwell_request(world: State, payment: str) -> Record:
    found = require_request(world, payment)
    arrived = ledger.balance(world, found["address"], "BTC")
    return {
        "Id": payment,
        "Purpose": found["memo"],
        "Btc": ledger.to_number(found["units"]),
        "BtcReceived": ledger.to_number(arrived),
        "PayTo": found["address"],
        "State": found["status"],
    }


def _draw_request(_world: State, _inputs: Record, rng: random.Random) -> Record:
    return {"amount": rng.randint(2, 900) / 1000, "memo": draw_memo(rng)}


def _asked(world: State, needs: Record, _yields: Record) -> str | None:
    units = ledger.to_units(needs["amount"])
    return lacking(world, "payments", memo=needs["memo"], units=units, cancelled=False)


BEHAVIOURS = {
    "satchel_request_payment": _ask_satchel,
    "tilltreeCreateInvoice": _ask_tilltree,
    "MintwellRequests": desk(
        "Do",
        {
            "Ask": Way(_ask_mintwell, ("Btc", "Purpose")),
            "Read": Way(_read_mintwell, ("RequestId",)),
            "List": Way(_list_mintwell, (), ("Top", "Skip")),
            "Cancel": Way(_cancel_mintwell, ("RequestId",)),
        },
    ),
}
DRAWS = {"Crypto.create_bitcoin_payment": _draw_request}
EFFECTS = {"Crypto.create_bitcoin_payment": _asked}
