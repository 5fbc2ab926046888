"""The payments group: accounts in several currencies, payments that settle after a while."""

from tasks.world.groups.payments import lookup_tools, transfer_tools
from tasks.world.groups.payments.accounts import CURRENCIES, OWN, seed_accounts
from tasks.world.groups.payments.paying import seed_payments
from tasks.world.groups.records import camel, capitals, hyphens, pascal, respell
from tasks.world.state import State

__all__ = ["BEHAVIOURS", "CURRENCIES", "DRAWS", "EFFECTS", "OWN", "seed"]

_SPELLINGS = {
    "paywren": capitals,
    "Tillstone": pascal,
    "brasswing": hyphens,
    "florinet": camel,
    "Quillbank": pascal,
}


def seed(world: State) -> None:
    """Fill the own account, the address book and some earlier payments."""
    seed_payments(world, seed_accounts(world))


BEHAVIOURS = respell(transfer_tools.BEHAVIOURS | lookup_tools.BEHAVIOURS, _SPELLINGS)
DRAWS = transfer_tools.DRAWS | lookup_tools.DRAWS
EFFECTS = transfer_tools.EFFECTS | lookup_tools.EFFECTS
