"""Search: a small web whose pages say facts, found by rarer words and phrases of their titles."""

from random import Random

from tasks.world.groups.records import pascal, respell
from tasks.world.groups.search import engines
from tasks.world.groups.search.pages import seed_pages
from tasks.world.state import Record, State

QUERIES = (
    "{topic} {city}", "{city} {topic}", "{topic} in {city}", "latest {topic} {city}",
    "{topic} near {city}", "what the {city} {topic} says", "{topic} of {city} this year",
    "find the {topic} for {city}",
)  # fmt: skip


def seed(world: State) -> None:
    """Fill the web with pages."""
    seed_pages(world)


BEHAVIOURS = respell(engines.BEHAVIOURS, {"Beacon": pascal})


def _draw_query(world: State, _given: Record, rng: Random) -> Record:
    page = rng.choice(list(world.table("pages").values()))
    return {"query": rng.choice(QUERIES).format(topic=page["topic"], city=page["city"])}


DRAWS = {"Search.web_search": _draw_query}


def _nothing_lost(_world: State, _values: Record, _yields: Record) -> None:
    """A search leaves nothing behind; what it yields is checked where it is used."""


EFFECTS = {"Search.web_search": _nothing_lost}
