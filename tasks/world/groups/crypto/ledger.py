"""Who holds how many tokens: accounts in whole units of 1e-8, so that sums stay exact."""

import random
from decimal import Decimal

from schemas.base import JsonValue
from tasks.world.contract import Refused
from tasks.world.state import Record, State

UNIT = 10**8
HUNDREDTH = UNIT // 100
TOKENS = ("BNB", "ETH", "USDT", "USDC", "DAI", "LINK")
TREASURY = "treasury"  # pays the starting balance of new wallets
SWAP_POOL = "swap-pool"
BITCOIN_ACCOUNT = "bitcoin-account"
MONERO_ACCOUNT = "monero-account"
POOL_CENTS = 2 * 10**9  # what the pool holds of each token, in cents of a dollar
# usual holdings of a wallet in hundredths of a token, and cents that a token is worth
HOLDINGS = {
    "BNB": (200, 3000), "ETH": (100, 2000), "USDT": (30000, 2000000),
    "USDC": (30000, 2000000), "DAI": (20000, 900000), "LINK": (2000, 90000),
}  # fmt: skip
CENTS = {
    "BNB": 61250, "ETH": 251800, "USDT": 100, "USDC": 100, "DAI": 99, "LINK": 1485,
}  # fmt: skip


def seed_ledger(world: State) -> None:
    """Fill the common accounts and the prices."""
    rng = world.rng
    world.insert("ledger", TREASURY, {token: 10**6 * UNIT for token in TOKENS})
    world.insert("ledger", BITCOIN_ACCOUNT, {"BTC": rng.randint(2 * 10**8, 9 * 10**8)})
    world.insert("ledger", MONERO_ACCOUNT, {"XMR": rng.randint(40 * 10**8, 400 * 10**8)})
    prices = {token: cents + cents * rng.randint(-5, 5) // 100 for token, cents in CENTS.items()}
    pool = {token: POOL_CENTS * UNIT // cents for token, cents in prices.items()}
    world.insert("ledger", SWAP_POOL, dict(pool))
    world.insert("prices", "usd", dict(prices))


def draw_holdings(rng: random.Random) -> dict[str, int]:
    """Return usual holdings of a wallet, in units."""
    return {token: rng.randint(low, high) * HUNDREDTH for token, (low, high) in HOLDINGS.items()}


def to_units(amount: JsonValue) -> int:
    """Return a decimal amount in units. Raises: Refused (`bad_amount`)."""
    units = Decimal(str(amount)) * UNIT
    if units < 1 or units != int(units):
        raise Refused("bad_amount", "The amount must be positive, with at most 8 decimals.")
    return int(units)


def to_number(units: int) -> int | float:
    """Return units as the decimal number a person would write."""
    return units // UNIT if units % UNIT == 0 else units / UNIT


def show(units: int) -> str:
    """Return units as text, at most six decimals: `1,204.5`."""
    return f"{Decimal(units) / UNIT:,.6f}".rstrip("0").rstrip(".")


def balance(world: State, account: str, token: str) -> int:
    """Return what an account holds of a token, in units."""
    return int(world.tables["ledger"].get(account, {}).get(token, 0))


def require_funds(world: State, account: str, token: str, units: int) -> None:
    """Return if the account holds enough. Raises: Refused (`insufficient_funds`)."""
    held = balance(world, account, token)
    if held < units:
        message = f"{account} holds {show(held)} {token}, {show(units)} {token} is needed."
        raise Refused("insufficient_funds", message, "Look the balance up or lower the amount.")


def move(world: State, source: str, target: str, token: str, units: int) -> None:
    """Move tokens between accounts; a target that is new is opened. Raises: Refused."""
    require_funds(world, source, token, units)
    accounts = world.tables["ledger"]
    accounts[source][token] = balance(world, source, token) - units
    accounts.setdefault(target, {})[token] = balance(world, target, token) + units
    world.note(f"{show(units)} {token} moved from {source} to {target}")


def draw_amount(world: State, account: str, token: str, rng: random.Random) -> int | float:
    """Return an amount well below what the account holds, with few decimals.

    Raises:
        Refused: the account holds next to nothing.
    """
    held = balance(world, account, token)
    grain = UNIT // 20 if held >= 60 * UNIT else UNIT // 1000
    drawn = rng.randint(held // 50, held // 5) // grain * grain
    require_funds(world, account, token, max(drawn, 2 * grain))
    return to_number(max(drawn, 2 * grain))


def list_holdings(world: State, account: str) -> list[Record]:
    """Return an account's holdings, one object a token."""
    held = world.tables["ledger"].get(account, {})
    return [_holding(token, int(units)) for token, units in held.items() if units]


def _holding(token: str, units: int) -> Record:
    return {"token": token, "amount": to_number(units)}
