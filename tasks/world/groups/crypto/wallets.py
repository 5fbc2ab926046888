"""Wallets: opening one, listing them, giving one another name."""

import random

from tasks.world.contract import Refused
from tasks.world.groups.crypto import ledger, transactions
from tasks.world.groups.crypto.addresses import derive
from tasks.world.groups.crypto.pools import NETWORKS, draw_wallet_label
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.paging import cut_page
from tasks.world.groups.records import lacking, require
from tasks.world.state import Record, State

WALLETS = 5
MOST_LISTED = 4  # on a page
GRANT = {"BNB": 250, "ETH": 120, "USDT": 64000, "USDC": 32000, "DAI": 21000, "LINK": 4500}


def seed_wallets(world: State) -> None:
    """Open a few wallets with usual holdings."""
    rng = world.rng
    for _ in range(WALLETS):
        address = _register(world, rng.choice(NETWORKS), draw_wallet_label(rng))
        world.insert("ledger", address, dict(ledger.draw_holdings(rng)))


def require_wallet(world: State, address: str) -> Record:
    """Return a wallet's record. Raises: Refused (`unknown_wallet`)."""
    return require(world, "wallets", address, "wallet")


def choose_wallet(world: State, inputs: Record, rng: random.Random) -> str:
    """Return the wallet an earlier step gave, else one of those there are."""
    return str(inputs.get("wallet") or rng.choice(list(world.tables["wallets"])))


def open_wallet(world: State, network: str, label: str) -> str:
    """Open a wallet with the starting balance and return its address."""
    for token, hundredths in GRANT.items():
        ledger.require_funds(world, ledger.TREASURY, token, hundredths * ledger.HUNDREDTH)
    address = _register(world, network, label)
    world.note(f"wallet {address} opened on {network}")
    for token, hundredths in GRANT.items():
        units = hundredths * ledger.HUNDREDTH
        ledger.move(world, ledger.TREASURY, address, token, units)
    transactions.record(world, "opening", wallet=address)
    return address


def rename(world: State, address: str, label: str) -> str:
    """Give a wallet another name and return its old one.

    Raises:
        Refused: unknown_wallet or same_name.
    """
    wallet = require_wallet(world, address)
    old = str(wallet["label"])
    if label == old:
        raise Refused("same_name", "The wallet has this name already.", "Nothing is to be done.")
    wallet["label"] = label
    world.note(f"wallet {address} renamed")
    return old


def _register(world: State, network: str, label: str) -> str:
    address = derive("sim0x", world.seed, "wallet", len(world.table("wallets")))
    record: Record = {"network": network, "label": label, "opened_at": world.now()}
    world.insert("wallets", address, record)
    return address


def _open_coinharbor(world: State, arguments: Record) -> Record:
    network, label = str(arguments["network"]), str(arguments["label"])
    address = open_wallet(world, network, label)
    holdings = ledger.list_holdings(world, address)
    return {
        "wallet": {"address": address, "network": network, "label": label, "holdings": holdings},
        "opened_at": world.now(),
    }


def _open_kite(world: State, arguments: Record) -> Record:
    chain, nickname = str(arguments["Chain"]), str(arguments["Nickname"])
    address = open_wallet(world, chain.lower(), nickname)
    return {"Status": "Created", "Address": address, "Chain": chain, "Nickname": nickname}


def _open_purseline(world: State, arguments: Record) -> Record:
    address = open_wallet(world, arguments["chain"], arguments["name"])
    return {"opened": {"wallet_id": address, "name": arguments["name"]}, "funded": True}


def _list_purseline(world: State, arguments: Record) -> Record:
    chain = arguments.get("chain")
    wallets: list[Record] = [
        {"wallet_id": address, "name": wallet["label"], "chain": wallet["network"]}
        for address, wallet in reversed(world.tables["wallets"].items())
        if chain in (None, wallet["network"])
    ]
    page, size = arguments.get("page", 1), arguments.get("per_page", MOST_LISTED)
    shown, more = cut_page(wallets, (page - 1) * size, size)
    next_page = None if more is None else page + 1
    return {"wallets": list(shown), "total": len(wallets), "page": page, "next_page": next_page}


def _rename_purseline(world: State, arguments: Record) -> Record:
    old = rename(world, arguments["wallet_id"], arguments["name"])
    return {"renamed": {"wallet_id": arguments["wallet_id"], "from": old, "to": arguments["name"]}}


def _draw_wallet(_world: State, _inputs: Record, rng: random.Random) -> Record:
    return {"network": rng.choice(NETWORKS), "label": draw_wallet_label(rng)}


def _opened(world: State, needs: Record, _yields: Record) -> str | None:
    return lacking(world, "wallets", network=needs["network"], label=needs["label"])


BEHAVIOURS = {
    "coinharbor_open_wallet": _open_coinharbor,
    "KiteCreateWallet": _open_kite,
    "purseline_wallets": desk(
        "operation",
        {
            "open": Way(_open_purseline, ("chain", "name")),
            "list": Way(_list_purseline, (), ("chain", "page", "per_page")),
            "rename": Way(_rename_purseline, ("wallet_id", "name")),
        },
    ),
}
DRAWS = {"Crypto.create_wallet": _draw_wallet}
EFFECTS = {"Crypto.create_wallet": _opened}
