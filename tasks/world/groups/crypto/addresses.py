"""Addresses that are plainly simulated, with a check so that a mistyped one is refused."""

import random

from schemas.ids import digest
from tasks.world.contract import Refused

PREFIXES = {"bitcoin": "simbtc1", "monero": "simxmr4"}
LETTERS = "023456789acdefghjklmnpqrstuvwxyz"
BODY = 17
CHECK = 4


def draw_address(coin: str, rng: random.Random) -> str:
    """Return a valid address of a coin."""
    body = "".join(rng.choices(LETTERS, k=BODY))
    return PREFIXES[coin] + body + _check(coin, body)


def derive_address(coin: str, *made_from: object) -> str:
    """Return a valid address of a coin that is a hash of what it stands for."""
    body = digest(coin, *made_from)[:BODY]
    return PREFIXES[coin] + body + _check(coin, body)


def require_address(coin: str, address: str) -> None:
    """Return if the address is valid. Raises: Refused (`invalid_address`)."""
    prefix = PREFIXES[coin]
    body, check = address[len(prefix) : -CHECK], address[-CHECK:]
    if not address.startswith(prefix) or len(body) != BODY or check != _check(coin, body):
        message = f"This is not a {coin} address: {address[:40]}."
        raise Refused("invalid_address", message, f"It starts with {prefix}; check for a typo.")


def derive(prefix: str, *made_from: object) -> str:
    """Return an address that is a hash of what it stands for."""
    return prefix + digest(*made_from)[:20]


def _check(coin: str, body: str) -> str:
    return digest(coin, body)[:CHECK]
