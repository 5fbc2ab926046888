"""The ecommerce group: a catalogue that all shops sell from, a basket, orders of its products."""

from tasks.world.groups.ecommerce import order_tools, search_tools
from tasks.world.groups.ecommerce.basket import seed_basket
from tasks.world.groups.ecommerce.buying import seed_orders
from tasks.world.groups.ecommerce.catalogue import seed_catalogue
from tasks.world.groups.records import camel, capitals, hyphens, pascal, respell
from tasks.world.state import State

__all__ = ["BEHAVIOURS", "DRAWS", "EFFECTS", "seed"]

_SPELLINGS = {
    "trolleyline": capitals,
    "Oddment": pascal,
    "fernmarket": camel,
    "satchelry": hyphens,
}


def seed(world: State) -> None:
    """Fill the catalogue and keep a few earlier orders; the basket is empty."""
    seed_catalogue(world)
    seed_orders(world)
    seed_basket(world)


BEHAVIOURS = respell(search_tools.BEHAVIOURS | order_tools.BEHAVIOURS, _SPELLINGS)
DRAWS = search_tools.DRAWS | order_tools.DRAWS
EFFECTS = search_tools.EFFECTS | order_tools.EFFECTS
