"""The record of all transactions: what each one did, and how settled it is by now."""

from schemas.base import JsonValue
from tasks.world.groups.crypto import ledger
from tasks.world.groups.figures import show_moment
from tasks.world.groups.records import require
from tasks.world.state import Record, State

EARLIER = 2  # transactions of a new world
LONGEST_AGO = 9000  # minutes
SETTLED_AT = 3  # confirmations; there is one a minute
TEXTS = {
    "opening": "starting balance credited",
    "deposit": "{amount} {token} received",
    "swap": "{amount} {sold} swapped for {gained} {bought}",
    "mix": "{amount} {token} passed into the mixing pool",
    "mix return": "{amount} {token} taken back out of the mixing pool",
    "bridge": "{amount} {token} moved to {place}",
    "bridge return": "{amount} {token} brought back from {place}",
    "bitcoin": "{amount} BTC sent to {address}",
    "monero": "{amount} XMR sent to {address}",
    "contract": "{method} run on {target}",
    "program": "{method} run on {target}",
}


def seed_transactions(world: State) -> None:
    """Let a few wallets have received, some time ago, part of what they hold."""
    rng = world.rng
    wallets = list(world.tables["wallets"])
    world.table("transactions")
    for _ in range(EARLIER):
        wallet, token = rng.choice(wallets), rng.choice(ledger.TOKENS)
        units = ledger.balance(world, wallet, token) * rng.randint(1, 9) // 10
        received = record(world, "deposit", wallet=wallet, token=token, units=units)
        world.tables["transactions"][received]["minute"] -= rng.randint(5, LONGEST_AGO)


def record(world: State, kind: str, **fields: JsonValue) -> str:
    """Keep a transaction and return its hash."""
    transaction = world.new_id("simtx")
    world.insert("transactions", transaction, {"kind": kind, "minute": world.clock, **fields})
    return transaction


def read(world: State, transaction: str) -> Record:
    """Return what a transaction did, when, and its confirmations by now.

    Raises:
        Refused: unknown_transaction.
    """
    found = require(world, "transactions", transaction, "transaction")
    return {
        "kind": found["kind"],
        "text": _tell(found),
        "at": show_moment(found["minute"]),
        "confirmations": world.clock - found["minute"],
        "settled": world.clock - found["minute"] >= SETTLED_AT,
    }


def list_hashes(world: State, party: str) -> list[str]:
    """Return the transactions of a wallet, coin address, contract or program, newest first."""
    minutes = {
        transaction: int(found["minute"])
        for transaction, found in reversed(world.tables["transactions"].items())
        if party in (found.get("wallet"), found.get("address"), found.get("target"))
    }
    return sorted(minutes, key=lambda transaction: -minutes[transaction])


def _tell(found: Record) -> str:
    amounts = {
        "amount": ledger.show(found.get("units", 0)),
        "gained": ledger.show(found.get("received", 0)),
    }
    return TEXTS[found["kind"]].format(**amounts, **found)
