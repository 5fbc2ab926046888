"""Moving tokens of a wallet: swaps, the mixing pool, other networks."""

import random

from tasks.world.contract import Refused
from tasks.world.groups.crypto import ledger
from tasks.world.groups.crypto.pools import NETWORKS
from tasks.world.groups.crypto.wallets import choose_wallet, require_wallet
from tasks.world.groups.records import lacking
from tasks.world.state import Record, State

MIXED = "mixing pool"  # where a wallet's pooled balance is kept, as `wallet@mixing pool`


def swap(world: State, wallet: str, sold: str, bought: str, units: int) -> tuple[str, int]:
    """Exchange tokens against the pool; return the transaction and the units received.

    Raises:
        Refused: unknown_wallet, same_token, insufficient_funds or amount_too_small.
    """
    require_wallet(world, wallet)
    if sold == bought:
        raise Refused("same_token", f"{sold} can't be exchanged for itself.")
    prices = world.tables["prices"]["usd"]
    received = units * int(prices[sold]) // int(prices[bought])
    ledger.require_funds(world, wallet, sold, units)
    if not received:
        raise Refused("amount_too_small", f"This buys less than the smallest unit of {bought}.")
    ledger.require_funds(world, ledger.SWAP_POOL, bought, received)
    ledger.move(world, wallet, ledger.SWAP_POOL, sold, units)
    ledger.move(world, ledger.SWAP_POOL, wallet, bought, received)
    transaction = ledger.record_transaction(
        world, "swap", wallet=wallet, sold=sold, bought=bought, units=units
    )
    return transaction, received


def mix(world: State, wallet: str, token: str, units: int) -> str:
    """Pass tokens into the wallet's pooled balance; return the transaction. Raises: Refused."""
    require_wallet(world, wallet)
    ledger.move(world, wallet, f"{wallet}@{MIXED}", token, units)
    return ledger.record_transaction(world, "mix", wallet=wallet, token=token, units=units)


def bridge(world: State, wallet: str, token: str, units: int, network: str) -> str:
    """Move tokens to the owner's holding on another network; return the transaction.

    Raises:
        Refused: unknown_wallet, same_network or insufficient_funds.
    """
    if require_wallet(world, wallet)["network"] == network:
        message = f"The wallet is on {network} already."
        raise Refused("same_network", message, "Choose another network.")
    ledger.move(world, wallet, f"{wallet}@{network}", token, units)
    return ledger.record_transaction(
        world, "bridge", wallet=wallet, token=token, units=units, network=network
    )


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


def _mix_poolveil(world: State, arguments: Record) -> Record:
    token, units = arguments["token"], ledger.to_units(arguments["amount"])
    transaction = mix(world, arguments["wallet"], token, units)
    pooled = ledger.balance(world, f"{arguments['wallet']}@{MIXED}", token)
    return {
        "deposit": {"transaction": transaction, "token": token},
        "pooled_balance": ledger.to_number(pooled),
    }


def _mix_kite(world: State, arguments: Record) -> Record:
    units = ledger.to_units(arguments["Amount"])
    transaction = mix(world, arguments["FromWallet"], arguments["Symbol"], units)
    return {"Status": "Pooled", "TransactionId": transaction, "At": world.now()}


def _bridge_spanbridge(world: State, arguments: Record) -> Record:
    wallet, token = arguments["source_wallet"], arguments["asset"]
    network, units = arguments["destination_network"], ledger.to_units(arguments["amount"])
    transaction = bridge(world, wallet, token, units, network)
    arrived = ledger.balance(world, f"{wallet}@{network}", token)
    return {
        "transfer": {"transaction_hash": transaction, "network": network},
        "arrived_balance": ledger.to_number(arrived),
    }


def _bridge_kite(world: State, arguments: Record) -> Record:
    units, network = ledger.to_units(arguments["Quantity"]), arguments["ToChain"].lower()
    transaction = bridge(world, arguments["Wallet"], arguments["Token"], units, network)
    return {"Status": "Bridged", "TransactionId": transaction, "ToChain": arguments["ToChain"]}


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


def _draw_mix(world: State, inputs: Record, rng: random.Random) -> Record:
    wallet = choose_wallet(world, inputs, rng)
    token = rng.choice(ledger.TOKENS)
    amount = ledger.draw_amount(world, wallet, token, rng)
    return {"wallet": wallet, "token": token, "amount": amount}


def _draw_bridge(world: State, inputs: Record, rng: random.Random) -> Record:
    drawn = _draw_mix(world, inputs, rng)
    own = require_wallet(world, str(drawn["wallet"]))["network"]
    return drawn | {"network": rng.choice([name for name in NETWORKS if name != own])}


def _swapped_bnb(world: State, needs: Record, result: Record) -> str | None:
    return _swapped(world, {**needs, "sold": "BNB", "bought": needs["token"]}, result)


def _swapped(world: State, needs: Record, _result: Record) -> str | None:
    wanted = {name: needs[name] for name in ("wallet", "sold", "bought")}
    units = ledger.to_units(needs["amount"])
    return lacking(world, "transactions", kind="swap", units=units, **wanted)


def _mixed(world: State, needs: Record, _result: Record) -> str | None:
    wanted = {name: needs[name] for name in ("wallet", "token")}
    units = ledger.to_units(needs["amount"])
    return lacking(world, "transactions", kind="mix", units=units, **wanted)


def _bridged(world: State, needs: Record, _result: Record) -> str | None:
    wanted = {name: needs[name] for name in ("wallet", "token", "network")}
    units = ledger.to_units(needs["amount"])
    return lacking(world, "transactions", kind="bridge", units=units, **wanted)


BEHAVIOURS = {
    "coinharbor_swap_bnb": _swap_coinharbor,
    "coinharbor_swap_tokens": _swap_coinharbor,
    "twinpoolSwapBnb": _swap_bnb_twinpool,
    "twinpoolSwapTokens": _swap_twinpool,
    "poolveil_mix": _mix_poolveil,
    "KiteMixTokens": _mix_kite,
    "spanbridge_transfer": _bridge_spanbridge,
    "KiteBridgeTokens": _bridge_kite,
}
DRAWS = {
    "Crypto.swap_bnb": _draw_swap_bnb,
    "Crypto.swap_tokens": _draw_swap,
    "Crypto.mix_tokens": _draw_mix,
    "Crypto.transfer_cross_chain": _draw_bridge,
}
EFFECTS = {
    "Crypto.swap_bnb": _swapped_bnb,
    "Crypto.swap_tokens": _swapped,
    "Crypto.mix_tokens": _mixed,
    "Crypto.transfer_cross_chain": _bridged,
}
