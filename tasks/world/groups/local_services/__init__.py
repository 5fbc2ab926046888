"""The local services group: businesses of a few towns, their hours, price lists and orders."""

from tasks.world.groups.local_services import order_tools, search_tools
from tasks.world.groups.local_services.directory import seed_directory
from tasks.world.groups.local_services.pickups import seed_pickups
from tasks.world.groups.records import camel, capitals, hyphens, pascal, respell
from tasks.world.state import State

__all__ = ["BEHAVIOURS", "DRAWS", "EFFECTS", "seed"]

_SPELLINGS = {
    "townpage": capitals,
    "Guildhall": pascal,
    "porchlight": hyphens,
    "marketcross": camel,
}


def seed(world: State) -> None:
    """Fill a few towns with businesses and keep an earlier order."""
    seed_directory(world)
    seed_pickups(world)


BEHAVIOURS = respell(search_tools.BEHAVIOURS | order_tools.BEHAVIOURS, _SPELLINGS)
DRAWS = search_tools.DRAWS | order_tools.DRAWS
EFFECTS = search_tools.EFFECTS | order_tools.EFFECTS
