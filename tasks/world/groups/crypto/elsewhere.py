"""Tokens that a wallet's owner keeps behind the wallet: in the mixing pool, on other networks.

A transaction that put tokens there keeps count of how many of its units are still there.
"""

from schemas.base import JsonValue
from tasks.world.groups.crypto import ledger, transactions
from tasks.world.groups.crypto.wallets import require_wallet
from tasks.world.groups.records import lacking
from tasks.world.state import Record, State

POOL = "mixing pool"


def account(wallet: str, place: str) -> str:
    """Return the ledger's account for what a wallet's owner keeps at a place."""
    return f"{wallet}@{place}"


def put_away(world: State, wallet: str, token: str, units: int, place: str) -> str:
    """Move tokens of a wallet to a place; return the transaction.

    Raises:
        Refused: unknown_wallet or insufficient_funds.
    """
    require_wallet(world, wallet)
    ledger.move(world, wallet, account(wallet, place), token, units)
    moved: dict[str, JsonValue] = {
        "wallet": wallet, "token": token, "place": place, "units": units, "kept": units,
    }  # fmt: skip
    return transactions.record(world, _kind(place), **moved)


def bring_back(world: State, wallet: str, token: str, units: int, place: str) -> str:
    """Move tokens from a place back into the wallet; return the transaction.

    They count as those that were put away last.

    Raises:
        Refused: unknown_wallet or insufficient_funds.
    """
    require_wallet(world, wallet)
    ledger.move(world, account(wallet, place), wallet, token, units)
    _count_out(world, wallet, token, units, place)
    moved: dict[str, JsonValue] = {"wallet": wallet, "token": token, "place": place, "units": units}
    return transactions.record(world, f"{_kind(place)} return", **moved)


def not_kept(
    world: State, wallet: JsonValue, token: JsonValue, units: int, place: JsonValue
) -> str | None:
    """Return None if a transaction put the units away and all are still there, else what lacks."""
    return lacking(
        world, "transactions", wallet=wallet, token=token, place=place, units=units, kept=units
    )


def list_places(world: State, wallet: str) -> list[Record]:
    """Return what the wallet's owner keeps at each place; nothing of a place that is empty."""
    places = {
        name.partition("@")[2]: ledger.list_holdings(world, name)
        for name in world.tables["ledger"]
        if name.startswith(account(wallet, ""))
    }
    return [{"place": place, "holdings": held} for place, held in places.items() if held]


def _count_out(world: State, wallet: str, token: str, units: int, place: str) -> None:
    left = units
    for found in reversed(world.tables["transactions"].values()):
        same = (found.get("wallet"), found.get("token"), found.get("place"))
        if "kept" in found and same == (wallet, token, place):
            taken = min(left, int(found["kept"]))
            found["kept"] -= taken
            left -= taken


def _kind(place: str) -> str:
    return "mix" if place == POOL else "bridge"
