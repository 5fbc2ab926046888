"""The mixing pool: passing tokens of a wallet into it, and taking them back out."""

import random

from tasks.world.groups.crypto import ledger
from tasks.world.groups.crypto.elsewhere import POOL, account, bring_back, not_kept, put_away
from tasks.world.groups.crypto.wallets import choose_wallet, require_wallet
from tasks.world.groups.desks import Way, desk
from tasks.world.state import Record, State


def _mix_poolveil(world: State, arguments: Record) -> Record:
    wallet, token = arguments["wallet"], arguments["token"]
    transaction = put_away(world, wallet, token, ledger.to_units(arguments["amount"]), POOL)
    pooled = ledger.balance(world, account(wallet, POOL), token)
    return {
        "deposit": {"transaction": transaction, "token": token},
        "pooled_balance": ledger.to_number(pooled),
    }


def _mix_kite(world: State, arguments: Record) -> Record:
    units = ledger.to_units(arguments["Amount"])
    transaction = put_away(world, arguments["FromWallet"], arguments["Symbol"], units, POOL)
    return {"Status": "Pooled", "TransactionId": transaction, "At": world.now()}


def _mix_stillwater(world: State, arguments: Record) -> Record:
    units = ledger.to_units(arguments["quantity"])
    transaction = put_away(world, arguments["holder"], arguments["coin"], units, POOL)
    return _stillwater_entry(world, transaction, arguments)


def _unmix_stillwater(world: State, arguments: Record) -> Record:
    units = ledger.to_units(arguments["quantity"])
    transaction = bring_back(world, arguments["holder"], arguments["coin"], units, POOL)
    return _stillwater_entry(world, transaction, arguments)


def _stillwater_entry(world: State, transaction: str, arguments: Record) -> Record:
    held = ledger.balance(world, account(arguments["holder"], POOL), arguments["coin"])
    return {"entry": {"reference": transaction, "in_pool": ledger.show(held)}, "at": world.now()}


def _pooled_stillwater(world: State, arguments: Record) -> Record:
    require_wallet(world, arguments["holder"])
    pooled = ledger.list_holdings(world, account(arguments["holder"], POOL))
    return {"holder": arguments["holder"], "in_pool": pooled}


def draw_tokens(world: State, inputs: Record, rng: random.Random) -> Record:
    """Return a wallet, a token and an amount of it that the wallet holds. Raises: Refused."""
    wallet = choose_wallet(world, inputs, rng)
    token = rng.choice(ledger.TOKENS)
    amount = ledger.draw_amount(world, wallet, token, rng)
    return {"wallet": wallet, "token": token, "amount": amount}


def _mixed(world: State, needs: Record, _yields: Record) -> str | None:
    units = ledger.to_units(needs["amount"])
    return not_kept(world, needs["wallet"], needs["token"], units, POOL)


BEHAVIOURS = {
    "poolveil_mix": _mix_poolveil,
    "KiteMixTokens": _mix_kite,
    "stillwater-pool": desk(
        "task",
        {
            "put_in": Way(_mix_stillwater, ("holder", "coin", "quantity")),
            "take_out": Way(_unmix_stillwater, ("holder", "coin", "quantity")),
            "balance": Way(_pooled_stillwater, ("holder",)),
        },
    ),
}
DRAWS = {"Crypto.mix_tokens": draw_tokens}
EFFECTS = {"Crypto.mix_tokens": _mixed}
