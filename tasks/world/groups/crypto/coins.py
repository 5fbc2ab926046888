"""Bitcoin and monero: sending coins out of the common accounts."""

import random

from tasks.world.groups.crypto import ledger, payment_requests, transactions
from tasks.world.groups.crypto.addresses import draw_address, require_address
from tasks.world.groups.records import lacking
from tasks.world.state import Record, State

SYMBOLS = {"bitcoin": "BTC", "monero": "XMR"}
ACCOUNTS = {"bitcoin": ledger.BITCOIN_ACCOUNT, "monero": ledger.MONERO_ACCOUNT}


def send_coins(world: State, coin: str, address: str, units: int) -> str:
    """Send coins out of the common account; return the transaction.

    A bitcoin request at the address is paid once enough has arrived.

    Raises:
        Refused: invalid_address or insufficient_funds.
    """
    require_address(coin, address)
    ledger.move(world, ACCOUNTS[coin], address, SYMBOLS[coin], units)
    payment_requests.note_arrival(world, address)
    return transactions.record(world, coin, address=address, units=units)


def _left(world: State, coin: str) -> str:
    symbol = SYMBOLS[coin]
    return f"{ledger.show(ledger.balance(world, ACCOUNTS[coin], symbol))} {symbol}"


def _send_satchel(world: State, arguments: Record) -> Record:
    units = ledger.to_units(arguments["amount_btc"])
    transaction = send_coins(world, "bitcoin", arguments["address"], units)
    return {
        "txid": transaction,
        "amount_btc": ledger.to_number(units),
        "confirmations": 0,
        "balance_left": _left(world, "bitcoin"),
    }


def _send_coinharbor(world: State, arguments: Record) -> Record:
    units = ledger.to_units(arguments["amount"])
    transaction = send_coins(world, "bitcoin", arguments["to"], units)
    return {"transaction_hash": transaction, "state": "broadcast", "sent_at": world.now()}


def _send_quietcoin(world: State, arguments: Record) -> Record:
    units = ledger.to_units(arguments["amount_xmr"])
    transaction = send_coins(world, "monero", arguments["destination"], units)
    return {"transfer": {"tx": transaction, "unlock_height": 0, "left": _left(world, "monero")}}


def _send_kite(world: State, arguments: Record) -> Record:
    units = ledger.to_units(arguments["Amount"])
    transaction = send_coins(world, "monero", arguments["ToAddress"], units)
    return {"Status": "Sent", "TransactionId": transaction, "At": world.now()}


def _draw_bitcoin(world: State, _inputs: Record, rng: random.Random) -> Record:
    amount = ledger.draw_amount(world, ledger.BITCOIN_ACCOUNT, "BTC", rng)
    return {"address": draw_address("bitcoin", rng), "amount": amount}


def _draw_monero(world: State, _inputs: Record, rng: random.Random) -> Record:
    amount = ledger.draw_amount(world, ledger.MONERO_ACCOUNT, "XMR", rng)
    return {"address": draw_address("monero", rng), "amount": amount}


def _sent(coin: str, world: State, needs: Record) -> str | None:
    units = ledger.to_units(needs["amount"])
    return lacking(world, "transactions", kind=coin, address=needs["address"], units=units)


def _sent_bitcoin(world: State, needs: Record, _yields: Record) -> str | None:
    return _sent("bitcoin", world, needs)


def _sent_monero(world: State, needs: Record, _yields: Record) -> str | None:
    return _sent("monero", world, needs)


BEHAVIOURS = {
    "satchel_send_bitcoin": _send_satchel,
    "coinharbor_send_btc": _send_coinharbor,
    "quietcoin_transfer": _send_quietcoin,
    "KiteSendMonero": _send_kite,
}
DRAWS = {
    "Crypto.send_bitcoin": _draw_bitcoin,
    "Crypto.send_monero": _draw_monero,
}
EFFECTS = {
    "Crypto.send_bitcoin": _sent_bitcoin,
    "Crypto.send_monero": _sent_monero,
}
