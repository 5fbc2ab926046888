"""The crypto group: wallets, swaps, coins and contracts on one ledger."""

from tasks.world.groups.crypto import coins, contracts, swaps, wallets
from tasks.world.groups.crypto.ledger import seed_ledger
from tasks.world.groups.records import capitals, pascal, respell
from tasks.world.state import State

__all__ = ["BEHAVIOURS", "DRAWS", "EFFECTS", "seed"]

_PARTS = (wallets, swaps, coins, contracts)
_SPELLINGS = {"Kite": pascal, "twinpool": capitals}


def seed(world: State) -> None:
    """Fill the ledger, wallets, contracts and programs."""
    world.table("transactions")
    seed_ledger(world)
    wallets.seed_wallets(world)
    contracts.seed_contracts(world)


BEHAVIOURS = respell(
    {name: behave for part in _PARTS for name, behave in part.BEHAVIOURS.items()}, _SPELLINGS
)
DRAWS = {name: draw for part in _PARTS for name, draw in part.DRAWS.items()}
EFFECTS = {name: effect for part in _PARTS for name, effect in part.EFFECTS.items()}
