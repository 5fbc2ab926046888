"""Accounts: what the own account and everybody who was paid hold, in cents per currency."""

from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups import orders
from tasks.world.groups.figures import show_money
from tasks.world.groups.ranking import rank
from tasks.world.state import Record, State

CURRENCIES = ("EUR", "USD", "GBP", "CHF")
OWN = "own account"
PAYEES = 8
NAMED = 3  # payees that an error message names


def seed_accounts(world: State) -> list[str]:
    """Fill the own account and the address book; return who was put into it."""
    rng = world.rng
    own = {currency: rng.randint(20_000_00, 90_000_00) for currency in CURRENCIES}
    world.insert("money", OWN, dict(own))
    payees = [names.company(rng) for _ in range(PAYEES // 2)]
    payees += [names.person(rng) for _ in range(PAYEES // 2)]
    for payee in payees:
        orders.add_payee(world, payee)
    return payees


def credit(world: State, account: str, cents: int, currency: str) -> None:
    """Add money to an account, which is opened if there is none; negative cents take it away."""
    held = world.tables["money"].setdefault(account, {})
    held[currency] = held.get(currency, 0) + cents


def move(world: State, source: str, target: str, cents: int, currency: str) -> None:
    """Move money from one account to another."""
    credit(world, source, -cents, currency)
    credit(world, target, cents, currency)


def balances(world: State) -> Record:
    """Return what the own account holds of each currency, in cents."""
    return world.tables["money"][OWN]


def require_held(world: State, cents: int, currency: str) -> None:
    """Return if the own account holds that much. Raises: Refused (`insufficient_funds`)."""
    held = balances(world)[currency]
    if held < cents:
        message = f"The account holds {show_money(held, currency)}."
        raise Refused("insufficient_funds", message, "Pay less or from another currency.")


def require_payee(world: State, payee: str) -> None:
    """Return if the address book has the payee. Raises: Refused (`unknown_payee`)."""
    if payee not in world.tables["payees"]:
        known = find_payees(world, payee) or find_payees(world)
        message = f"There is nobody called {payee[:60]} in the address book."
        raise Refused("unknown_payee", message, f"There is {', '.join(known[:NAMED])}.")


def find_payees(world: State, text: str = "") -> list[str]:
    """Return the payees whose name shares a word with the text, best first; else all, sorted."""
    payees = world.tables["payees"]
    if not text:
        return sorted(payees)
    return rank(text, {payee: (payee, "") for payee in payees})
