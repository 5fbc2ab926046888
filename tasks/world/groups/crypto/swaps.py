"""Exchanging tokens of a wallet against a common pool, and asking beforehand what it gives.

The pool's rate follows what the pool holds: a swap makes the token it takes out a little dearer.
"""

import random

from tasks.world.contract import Refused
from tasks.world.groups.crypto import ledger, transactions
from tasks.world.groups.crypto.wallets import choose_wallet, require_wallet
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.records import lacking
from tasks.world.state import Record, State


def quote(world: State, sold: str, bought: str, units: int) -> int:
    """Return the units of `bought` that a swap gives now.

    Raises:
        Refused: same_token or amount_too_small.
    """
    if sold == bought:
        message = f"{sold} can't be exchanged for itself."
        raise Refused("same_token", message, "Choose two different tokens.")
    taken = ledger.balance(world, ledger.SWAP_POOL, bought)
    received = taken * units // (ledger.balance(world, ledger.SWAP_POOL, sold) + units)
    if not received:
        message = f"This buys less than the smallest unit of {bought}."
        raise Refused("amount_too_small", message, "Exchange more at once.")
    return received


def swap(world: State, wallet: str, sold: str, bought: str, units: int) -> tuple[str, int]:
    """Exchange tokens against the pool; return the transaction and the units received.

    Raises:
        Refused: unknown_wallet, same_token, insufficient_funds or amount_too_small.
    """
    require_wallet(world, wallet)
    received = quote(world, sold, bought, units)
    ledger.move(world, wallet, ledger.SWAP_POOL, sold, units)
    ledger.move(world, ledger.SWAP_POOL, wallet, bought, received)
    transaction = transactions.record(
        world, "swap", wallet=wallet, sold=sold, bought=bought, units=units, received=received
    )
    return transaction, received


def _swap_coinharbor(world: State, arguments: Record) -> Record:
    sold, bought = arguments.get("from_token", "BNB"), arguments["to_token"]
    units = ledger.to_units(arguments.get("amount", arguments.get("bnb_amount")))
    transaction, received = swap(world, arguments["wallet"], sold, bought, units)
    return {
        "transaction_hash": transaction,
        "sold": {"token": sold, "amount": ledger.to_number(units)},
        "received": {"token": bought, "amount": ledger.to_number(received)},
        "confirmed_at": world.now(),
    }


def _twinpool_receipt(transaction: str, received: int, token: str) -> Record:
    return {
        "state": "executed",
        "receipt": {"txHash": transaction, "credited": f"{ledger.show(received)} {token}"},
    }


def _swap_bnb_twinpool(world: State, arguments: Record) -> Record:
    bought, units = arguments["targetToken"], ledger.to_units(arguments["amount"])
    done = swap(world, arguments["fromAddress"], "BNB", bought, units)
    return _twinpool_receipt(*done, bought)


def _swap_twinpool(world: State, arguments: Record) -> Record:
    bought, units = arguments["buyToken"], ledger.to_units(arguments["sellAmount"])
    done = swap(world, arguments["walletAddress"], arguments["sellToken"], bought, units)
    return _twinpool_receipt(*done, bought)


def _quote_larkswap(world: State, arguments: Record) -> Record:
    give, get = arguments["give"], arguments["get"]
    units = ledger.to_units(arguments["give_amount"])
    received = quote(world, give, get, units)
    return {
        "quote": {"give": give, "get": get, "get_amount": ledger.to_number(received)},
        "valid": "until somebody else swaps",
    }


def _swap_larkswap(world: State, arguments: Record) -> Record:
    units = ledger.to_units(arguments["give_amount"])
    wallet, give, get = arguments["account"], arguments["give"], arguments["get"]
    transaction, received = swap(world, wallet, give, get, units)
    return {"swap": {"id": transaction, "got": get, "got_amount": ledger.to_number(received)}}


def _draw_swap_bnb(world: State, inputs: Record, rng: random.Random) -> Record:
    wallet = choose_wallet(world, inputs, rng)
    token = rng.choice([token for token in ledger.TOKENS if token != "BNB"])
    return {
        "wallet": wallet,
        "amount": ledger.draw_amount(world, wallet, "BNB", rng),
        "token": token,
    }


def _draw_swap(world: State, inputs: Record, rng: random.Random) -> Record:
    wallet = choose_wallet(world, inputs, rng)
    sold, bought = rng.sample(ledger.TOKENS, 2)
    amount = ledger.draw_amount(world, wallet, sold, rng)
    return {"wallet": wallet, "sold": sold, "bought": bought, "amount": amount}


def _swapped_bnb(world: State, needs: Record, yields: Record) -> str | None:
    return _swapped(world, {**needs, "sold": "BNB", "bought": needs["token"]}, yields)


def _swapped(world: State, needs: Record, _yields: Record) -> str | None:
    wanted = {name: needs[name] for name in ("wallet", "sold", "bought")}
    units = ledger.to_units(needs["amount"])
    return lacking(world, "transactions", kind="swap", units=units, **wanted)


_TRADE = ("give", "get", "give_amount")

BEHAVIOURS = {
    "coinharbor_swap_bnb": _swap_coinharbor,
    "coinharbor_swap_tokens": _swap_coinharbor,
    "twinpoolSwapBnb": _swap_bnb_twinpool,
    "twinpoolSwapTokens": _swap_twinpool,
    "larkswap_exchange": desk(
        "step",
        {
            "quote": Way(_quote_larkswap, _TRADE, ("account",)),
            "swap": Way(_swap_larkswap, (*_TRADE, "account")),
        },
    ),
}
DRAWS = {"Crypto.swap_bnb": _draw_swap_bnb, "Crypto.swap_tokens": _draw_swap}
EFFECTS = {"Crypto.swap_bnb": _swapped_bnb, "Crypto.swap_tokens": _swapped}
