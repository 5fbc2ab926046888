"""Wallets: opening one, and looking up what one holds."""

import random

from tasks.world.groups.crypto import ledger
from tasks.world.groups.crypto.addresses import derive
from tasks.world.groups.crypto.pools import NETWORKS, draw_wallet_label
from tasks.world.groups.records import lacking, require
from tasks.world.state import Record, State

WALLETS = 5
GRANT = {"BNB": 250, "ETH": 120, "USDT": 64000, "USDC": 32000, "DAI": 21000, "LINK": 4500}


def seed_wallets(world: State) -> None:
    """Open a few wallets with usual holdings."""
    for _ in range(WALLETS):
        address = _register(world, world.rng.choice(NETWORKS), draw_wallet_label(world.rng))
        world.insert("ledger", address, dict(ledger.draw_holdings(world.rng)))


def require_wallet(world: State, address: str) -> Record:
    """Return a wallet's record. Raises: Refused (`unknown_wallet`)."""
    return require(world, "wallets", address, "wallet")


def choose_wallet(world: State, inputs: Record, rng: random.Random) -> str:
    """Return the wallet an earlier step gave, else one of those there are."""
    return str(inputs.get("wallet") or rng.choice(list(world.tables["wallets"])))


def open_wallet(world: State, network: str, label: str) -> str:
    """Open a wallet with the starting balance and return its address."""
    for token, hundredths in GRANT.items():
        ledger.require_funds(world, ledger.TREASURY, token, hundredths * ledger.UNIT // 100)
    address = _register(world, network, label)
    world.note(f"wallet {address} opened on {network}")
    for token, hundredths in GRANT.items():
        units = hundredths * ledger.UNIT // 100
        ledger.move(world, ledger.TREASURY, address, token, units)
    return address


def _register(world: State, network: str, label: str) -> str:
    address = derive("sim0x", world.seed, world.new_id("wallet"))
    record: Record = {"network": network, "label": label, "opened_at": world.now()}
    world.insert("wallets", address, record)
    return address


def _largest(world: State, address: str) -> list[tuple[str, int]]:
    prices = world.tables["prices"]["usd"]
    held = {t: ledger.balance(world, address, t) for t in ledger.TOKENS}
    ranked = sorted(held.items(), key=lambda pair: -pair[1] * int(prices[pair[0]]))
    return [(token, units) for token, units in ranked if units]


def _worth_usd(world: State, address: str) -> int:
    prices = world.tables["prices"]["usd"]
    cents = sum(ledger.balance(world, address, t) * int(prices[t]) for t in ledger.TOKENS)
    return cents // (100 * ledger.UNIT)


def _elsewhere(world: State, address: str) -> list[Record]:
    """Return what the wallet's owner holds behind it: other networks, the mixing pool."""
    accounts = [name for name in world.tables["ledger"] if name.startswith(f"{address}@")]
    return [
        {"place": name.partition("@")[2], "holdings": ledger.list_holdings(world, name)}
        for name in accounts
    ]


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


def _query_chainlens(world: State, arguments: Record) -> Record:
    address = str(arguments["address"])
    wallet = require_wallet(world, address)
    top = [f"{ledger.show(units)} {token}" for token, units in _largest(world, address)[:2]]
    return {
        "address": address,
        "label": wallet["label"],
        "network": wallet["network"],
        "holdings": ledger.list_holdings(world, address),
        "elsewhere": _elsewhere(world, address),
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


def _draw_wallet(_world: State, _inputs: Record, rng: random.Random) -> Record:
    return {"network": rng.choice(NETWORKS), "label": draw_wallet_label(rng)}


def _draw_query(world: State, inputs: Record, rng: random.Random) -> Record:
    return {"wallet": choose_wallet(world, inputs, rng)}


def _opened(world: State, needs: Record, _result: Record) -> str | None:
    return lacking(world, "wallets", network=needs["network"], label=needs["label"])


def _known(world: State, needs: Record, _result: Record) -> str | None:
    return None if str(needs["wallet"]) in world.tables["wallets"] else "the wallet is gone"


BEHAVIOURS = {
    "coinharbor_open_wallet": _open_coinharbor,
    "KiteCreateWallet": _open_kite,
    "chainlens_wallet_overview": _query_chainlens,
    "twinpoolGetBalances": _query_twinpool,
}
DRAWS = {"Crypto.create_wallet": _draw_wallet, "Crypto.query_data": _draw_query}
EFFECTS = {"Crypto.create_wallet": _opened, "Crypto.query_data": _known}
