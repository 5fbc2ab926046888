"""Looking up what a wallet holds, what happened at an address, and single transactions."""

import random

from tasks.world.contract import Refused
from tasks.world.groups.crypto import elsewhere, ledger, transactions
from tasks.world.groups.crypto.addresses import PREFIXES, require_address
from tasks.world.groups.crypto.wallets import choose_wallet, require_wallet
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.paging import cut_page
from tasks.world.state import Record, State

LISTED = 5  # transactions on a page, unless told
PARTIES = ("wallets", "contracts", "programs")


def require_party(world: State, address: str) -> None:
    """Return if something can have happened at the address.

    Raises:
        Refused: unknown_address, or invalid_address for a mistyped coin address.
    """
    if any(address in world.tables[table] for table in PARTIES):
        return
    coins = [coin for coin, prefix in PREFIXES.items() if address.startswith(prefix)]
    if not coins:
        message = f"Nobody is known at {address[:60]}."
        hint = "Give a wallet, a coin address, a contract or the name of a program."
        raise Refused("unknown_address", message, hint)
    require_address(coins[0], address)


def _largest(world: State, address: str) -> list[tuple[str, int]]:
    prices = world.tables["prices"]["usd"]
    held = {t: ledger.balance(world, address, t) for t in ledger.TOKENS}
    ranked = sorted(held.items(), key=lambda pair: -pair[1] * int(prices[pair[0]]))
    return [(token, units) for token, units in ranked if units]


def _worth_usd(world: State, address: str) -> int:
    prices = world.tables["prices"]["usd"]
    cents = sum(ledger.balance(world, address, t) * int(prices[t]) for t in ledger.TOKENS)
    return cents // (100 * ledger.UNIT)


def _query_chainlens(world: State, arguments: Record) -> Record:
    address = str(arguments["address"])
    wallet = require_wallet(world, address)
    top = [f"{ledger.show(units)} {token}" for token, units in _largest(world, address)[:2]]
    return {
        "address": address,
        "label": wallet["label"],
        "network": wallet["network"],
        "holdings": ledger.list_holdings(world, address),
        "elsewhere": elsewhere.list_places(world, address),
        "summary": " and ".join(top) or "an empty wallet",
    }


def _query_twinpool(world: State, arguments: Record) -> Record:
    address = str(arguments["walletAddress"])
    wallet = require_wallet(world, address)
    tokens: Record = {token: ledger.to_number(units) for token, units in _largest(world, address)}
    main = next(iter(tokens), "nothing")
    headline = f"worth {_worth_usd(world, address):,} USD, mostly in {main}"
    return {
        "walletAddress": address,
        "chain": wallet["network"],
        "portfolio": {"tokens": tokens, "headline": headline},
    }


def _holdings_scanfold(world: State, arguments: Record) -> Record:
    address = arguments["address"]
    wallet = require_wallet(world, address)
    tokens = _largest(world, address)
    worth = f"{_worth_usd(world, address):,} USD"
    return {
        "name": wallet["label"],
        "tokens": [{"symbol": token, "held": ledger.show(units)} for token, units in tokens],
        "headline": f"{len(tokens)} tokens worth {worth} on {wallet['network']}",
        "transaction_count": len(transactions.list_hashes(world, address)),
    }


def _history_scanfold(world: State, arguments: Record) -> Record:
    address = arguments["address"]
    require_party(world, address)
    hashes = transactions.list_hashes(world, address)
    page, more = cut_page(hashes, arguments.get("offset", 0), arguments.get("limit", LISTED))
    entries = [{"tx_hash": each, **transactions.read(world, each)} for each in page]
    return {"total": len(hashes), "transactions": entries, "next_offset": more}


def _transaction_scanfold(world: State, arguments: Record) -> Record:
    transaction = arguments["tx_hash"]
    return {"tx_hash": transaction, **transactions.read(world, transaction)}


def _draw_query(world: State, inputs: Record, rng: random.Random) -> Record:
    return {"wallet": choose_wallet(world, inputs, rng)}


def _known(world: State, needs: Record, _yields: Record) -> str | None:
    return None if str(needs["wallet"]) in world.tables["wallets"] else "the wallet is gone"


BEHAVIOURS = {
    "chainlens_wallet_overview": _query_chainlens,
    "twinpoolGetBalances": _query_twinpool,
    "scanfold_explore": desk(
        "look_up",
        {
            "holdings": Way(_holdings_scanfold, ("address",)),
            "history": Way(_history_scanfold, ("address",), ("limit", "offset")),
            "transaction": Way(_transaction_scanfold, ("tx_hash",)),
        },
    ),
}
DRAWS = {"Crypto.query_data": _draw_query}
EFFECTS = {"Crypto.query_data": _known}
