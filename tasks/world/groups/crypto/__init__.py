"""The crypto group: wallets, swaps, coins and contracts on one ledger."""

from tasks.world.groups.crypto import (
    bridges,
    coins,
    contracts,
    lookups,
    mixing,
    operations,
    payment_requests,
    swaps,
    transactions,
    wallets,
)
from tasks.world.groups.crypto.ledger import seed_ledger
from tasks.world.groups.records import capitals, pascal, respell
from tasks.world.state import State

__all__ = ["BEHAVIOURS", "DRAWS", "EFFECTS", "seed"]

_PARTS = (
    wallets, lookups, swaps, mixing, bridges, coins, payment_requests, contracts, operations,
)  # fmt: skip
_SPELLINGS = {
    "Kite": pascal, "Mintwell": pascal, "twinpool": capitals, "blockwright": capitals,
}  # fmt: skip


def seed(world: State) -> None:
    """Fill the ledger, wallets, earlier transactions, contracts and programs."""
    seed_ledger(world)
    wallets.seed_wallets(world)
    transactions.seed_transactions(world)
    contracts.seed_contracts(world)


BEHAVIOURS = respell(
    {name: behave for part in _PARTS for name, behave in part.BEHAVIOURS.items()}, _SPELLINGS
)
DRAWS = {name: draw for part in _PARTS for name, draw in part.DRAWS.items()}
EFFECTS = {name: effect for part in _PARTS for name, effect in part.EFFECTS.items()}
