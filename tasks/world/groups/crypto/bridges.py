"""Bridges: moving tokens of a wallet to another network, and bringing them back."""

import random

from tasks.world.contract import Refused
from tasks.world.groups.crypto import ledger
from tasks.world.groups.crypto.elsewhere import (
    POOL,
    account,
    bring_back,
    list_places,
    not_kept,
    put_away,
)
from tasks.world.groups.crypto.mixing import draw_tokens
from tasks.world.groups.crypto.pools import NETWORKS
from tasks.world.groups.crypto.wallets import require_wallet
from tasks.world.groups.desks import Way, desk
from tasks.world.state import Record, State


def bridge(world: State, wallet: str, token: str, units: int, network: str) -> str:
    """Move tokens to the owner's holding on another network; return the transaction.

    Raises:
        Refused: unknown_wallet, same_network or insufficient_funds.
    """
    _require_other(world, wallet, network)
    return put_away(world, wallet, token, units, network)


def recall(world: State, wallet: str, token: str, units: int, network: str) -> str:
    """Bring tokens back from another network; return the transaction.

    Raises:
        Refused: unknown_wallet, same_network or insufficient_funds.
    """
    _require_other(world, wallet, network)
    return bring_back(world, wallet, token, units, network)


def _require_other(world: State, wallet: str, network: str) -> None:
    if require_wallet(world, wallet)["network"] == network:
        message = f"The wallet is on {network} already."
        raise Refused("same_network", message, "Choose another network.")


def _bridge_spanbridge(world: State, arguments: Record) -> Record:
    wallet, token = arguments["source_wallet"], arguments["asset"]
    network, units = arguments["destination_network"], ledger.to_units(arguments["amount"])
    transaction = bridge(world, wallet, token, units, network)
    arrived = ledger.balance(world, account(wallet, network), token)
    return {
        "transfer": {"transaction_hash": transaction, "network": network},
        "arrived_balance": ledger.to_number(arrived),
    }


def _bridge_kite(world: State, arguments: Record) -> Record:
    network, units = arguments["ToChain"].lower(), ledger.to_units(arguments["Quantity"])
    transaction = bridge(world, arguments["Wallet"], arguments["Token"], units, network)
    return {"Status": "Bridged", "TransactionId": transaction, "ToChain": arguments["ToChain"]}


def _ferrylane(arguments: Record) -> tuple[str, str, int, str]:
    units = ledger.to_units(arguments["tokenAmount"])
    return arguments["ownWallet"], arguments["tokenSymbol"], units, arguments["otherNetwork"]


def _send_ferrylane(world: State, arguments: Record) -> Record:
    transaction = bridge(world, *_ferrylane(arguments))
    return {"crossing": {"hash": transaction, "direction": "out"}, "crossedAt": world.now()}


def _recall_ferrylane(world: State, arguments: Record) -> Record:
    transaction = recall(world, *_ferrylane(arguments))
    return {"crossing": {"hash": transaction, "direction": "home"}, "crossedAt": world.now()}


def _abroad_ferrylane(world: State, arguments: Record) -> Record:
    require_wallet(world, arguments["ownWallet"])
    places = list_places(world, arguments["ownWallet"])
    return {
        "abroad": [
            {"network": each["place"], "tokens": each["holdings"]}
            for each in places
            if each["place"] != POOL
        ]
    }


def _draw_bridge(world: State, inputs: Record, rng: random.Random) -> Record:
    drawn = draw_tokens(world, inputs, rng)
    own = require_wallet(world, str(drawn["wallet"]))["network"]
    return drawn | {"network": rng.choice([name for name in NETWORKS if name != own])}


def _bridged(world: State, needs: Record, _yields: Record) -> str | None:
    units = ledger.to_units(needs["amount"])
    return not_kept(world, needs["wallet"], needs["token"], units, needs["network"])


_CROSSING = ("ownWallet", "tokenSymbol", "tokenAmount", "otherNetwork")

BEHAVIOURS = {
    "spanbridge_transfer": _bridge_spanbridge,
    "KiteBridgeTokens": _bridge_kite,
    "ferrylaneCrossing": desk(
        "mode",
        {
            "send": Way(_send_ferrylane, _CROSSING),
            "recall": Way(_recall_ferrylane, _CROSSING),
            "abroad": Way(_abroad_ferrylane, ("ownWallet",)),
        },
    ),
}
DRAWS = {"Crypto.transfer_cross_chain": _draw_bridge}
EFFECTS = {"Crypto.transfer_cross_chain": _bridged}
