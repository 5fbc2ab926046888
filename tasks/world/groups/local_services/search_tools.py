"""Tools that find local businesses and read their price lists."""

import random

from tasks.world.groups.desks import Way, desk
from tasks.world.groups.local_services.directory import (
    find,
    hours,
    in_town,
    price_list,
    require_merchant,
    towns,
)
from tasks.world.groups.local_services.trades import FEATURES
from tasks.world.groups.paging import cut_page
from tasks.world.state import Record, State

NEARBLY_PAGE = 3
PORCHLIGHT_PAGE = 2
GUILDHALL_PAGE = 2
CURSOR = "after-"
OCCASIONS = (
    "for a team lunch", "for the anniversary", "for the open day", "for a birthday", "for the club",
    "for the school fair", "for our visitors", "for the moving day", "for the office party",
    "for the spring market", "for a quick pick-up", "for the reading group",
)  # fmt: skip


def _search_nearbly(world: State, arguments: Record) -> Record:
    found = find(world, arguments["query"], arguments["city"])
    shown, more = cut_page(found, arguments["offset"], NEARBLY_PAGE)
    places: list[Record] = [
        {
            "place_id": key,
            "name": record["name"],
            "note": f"open {hours(record)}, rated {record['rating']}",
            "menu": price_list(record),
        }
        for key, record in shown
    ]
    return {"count": len(found), "places": places, "next_offset": more}


def _search_townpage(world: State, arguments: Record) -> Record:
    found = find(world, arguments["what"], arguments["where"])
    top = [
        {
            "businessId": key,
            "title": record["name"],
            "details": f"{record['name']}, phone {record['phone']}",
            "priceList": price_list(record),
        }
        for key, record in found[:1]
    ]
    more = [{"businessId": key, "title": record["name"]} for key, record in found[1:]]
    return {"hits": len(found), "top": next(iter(top), None), "more": more}


def _search_guildhall(world: State, arguments: Record) -> Record:
    found = find(world, arguments["Term"], arguments["Town"])
    shown, more = cut_page(found, arguments["Skip"], GUILDHALL_PAGE)
    merchants: list[Record] = [
        {
            "MerchantId": key,
            "Name": record["name"],
            "OpeningNote": f"{record['trade']} open until {record['closes']}, {record['feature']}",
            "Goods": list(record["prices"]),
        }
        for key, record in shown
    ]
    return {"Merchants": merchants, "Total": len(found), "SkipNext": more}


def _find_porchlight(world: State, arguments: Record) -> Record:
    return _page_porchlight(find(world, arguments["looking-for"], arguments["in-town"]), arguments)


def _browse_porchlight(world: State, arguments: Record) -> Record:
    return _page_porchlight(list(in_town(world, arguments["in-town"]).items()), arguments)


def _page_porchlight(found: list[tuple[str, Record]], arguments: Record) -> Record:
    start = int(arguments.get("cursor", f"{CURSOR}0").removeprefix(CURSOR))
    shown, more = cut_page(found, start, PORCHLIGHT_PAGE)
    listed: list[Record] = [
        {"business": key, "sign": record["name"], "in-short": _in_short(record)}
        for key, record in shown
    ]
    cursor = None if more is None else f"{CURSOR}{more}"
    return {"listed": listed, "of": len(found), "next-cursor": cursor}


def _in_short(record: Record) -> str:
    return f"{record['rating']} stars, {hours(record)}, call {record['phone']}"


def _menu_porchlight(world: State, arguments: Record) -> Record:
    record = require_merchant(world, arguments["business"])
    return {
        "business": arguments["business"],
        "sign": record["name"],
        "town": record["town"],
        "good-to-know": record["feature"],
        "menu": price_list(record),
    }


def _towns_porchlight(world: State, _arguments: Record) -> Record:
    return {"towns": towns(world)}


def _draw_search(world: State, _inputs: Record, rng: random.Random) -> Record:
    record = rng.choice(list(world.tables["merchants"].values()))
    feature = rng.choice((record["feature"], rng.choice(FEATURES)))
    query = f"{record['trade']} {feature} {rng.choice(OCCASIONS)}"
    return {"query": query, "city": record["town"]}


def _searched(_world: State, _needs: Record, _yields: Record) -> str | None:
    return None  # looking changes nothing


BEHAVIOURS = {
    "nearbly_find_places": _search_nearbly,
    "townpageSearch": _search_townpage,
    "GuildhallLookup": _search_guildhall,
    "porchlight-directory": desk(
        "request",
        {
            "find": Way(_find_porchlight, ("looking-for", "in-town"), takes=("cursor",)),
            "browse": Way(_browse_porchlight, ("in-town",), takes=("cursor",)),
            "menu": Way(_menu_porchlight, ("business",)),
            "towns": Way(_towns_porchlight),
        },
    ),
}
DRAWS = {"LocalServices.search_merchant": _draw_search}
EFFECTS = {"LocalServices.search_merchant": _searched}
