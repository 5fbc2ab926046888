"""Tools that find products and describe them."""

import random
from collections.abc import Sequence

from tasks.world.groups.desks import Way, desk
from tasks.world.groups.ecommerce.catalogue import browse, require_product, search, show_price
from tasks.world.groups.paging import cut_page
from tasks.world.state import Record, State

TROLLEYLINE_PAGE = 3
ODDMENT_PAGE = 4
FERNMARKET_PAGE = 4
SATCHELRY_PAGE = 3
PURPOSES = (
    "for a small study", "as a housewarming present", "for the shared kitchen", "for a long hike",
    "under fifty", "for the reception area", "that ships this week", "for a summer cottage",
    "as a prize at the fair", "for the staff room", "to match the old set", "for everyday use",
    "with a spare part", "for a rented flat", "as a thank you gift", "for the school bazaar",
    "that lasts for years", "for the balcony", "for a weekend trip", "in a muted colour",
)  # fmt: skip


def _offer(record: Record) -> str:
    return f"{show_price(record)}, {record['stock']} in stock"


def _rated(record: Record) -> str:
    return f"{show_price(record)}, rated {record['rating']} of 5"


def _search_cratehouse(world: State, arguments: Record) -> Record:
    found = search(world, arguments["query"])
    shown, more = cut_page(found, arguments["offset"], arguments["limit"])
    products: list[Record] = [
        {
            "product_id": key,
            "title": record["title"],
            "offer": _offer(record),
            "sold_by": record["seller"],
        }
        for key, record in shown
    ]
    return {"count": len(found), "products": products, "next_offset": more}


def _search_trolleyline(world: State, arguments: Record) -> Record:
    found, page = search(world, arguments["searchTerm"]), arguments["page"]
    shown, more = cut_page(found, (page - 1) * TROLLEYLINE_PAGE, TROLLEYLINE_PAGE)
    items: list[Record] = [
        {
            "itemId": key,
            "name": record["title"],
            "priceText": f"{record['title']} for {show_price(record)}",
        }
        for key, record in shown
    ]
    best, next_page = next(iter(items), None), page + 1 if more is not None else None
    return {"hits": len(found), "bestMatch": best, "others": items[1:], "nextPage": next_page}


def _search_oddment(world: State, arguments: Record) -> Record:
    found = search(world, arguments["Keywords"])
    shown, more = cut_page(found, arguments["Skip"], ODDMENT_PAGE)
    hits: list[Record] = [
        {"Sku": key, "Title": record["title"], "Summary": _rated(record)} for key, record in shown
    ]
    return {"Hits": hits, "Total": len(found), "SkipNext": more}


def _search_fernmarket(world: State, arguments: Record) -> Record:
    return _list_fernmarket(search(world, arguments["words"]), arguments)


def _browse_fernmarket(world: State, arguments: Record) -> Record:
    return _list_fernmarket(browse(world), arguments)


def _list_fernmarket(found: Sequence[tuple[str, Record]], arguments: Record) -> Record:
    start = arguments.get("start", 0)
    shown, more = cut_page(found, start, arguments.get("at_most", FERNMARKET_PAGE))
    articles: list[Record] = [
        {"article": key, "name": record["title"], "terms": f"{_offer(record)}, {_stars(record)}"}
        for key, record in shown
    ]
    return {"articles": articles, "found": len(found), "next_start": more}


def _stars(record: Record) -> str:
    return f"{record['rating']} stars"


def _describe_fernmarket(world: State, arguments: Record) -> Record:
    record = require_product(world, arguments["article"])
    return {
        "article": arguments["article"],
        "name": record["title"],
        "price": show_price(record),
        "in_stock": record["stock"],
        "seller": record["seller"],
        "rating": record["rating"],
    }


_ORDERINGS = {
    "relevance": lambda row: 0,  # as found
    "rating": lambda row: -row[1]["rating"],
    "in-stock": lambda row: -row[1]["stock"],
}


def _search_satchelry(world: State, arguments: Record) -> Record:
    found = search(world, arguments["search-for"])
    found.sort(key=_ORDERINGS[arguments["order-by"]])
    page, per_page = arguments["page"], arguments["per-page"]
    shown, more = cut_page(found, (page - 1) * per_page, per_page)
    results: list[Record] = [
        {"sku": key, "label": record["title"], "blurb": f"{_offer(record)} at {record['seller']}"}
        for key, record in shown
    ]
    paging: Record = {"page": page, "of-pages": -(-len(found) // per_page), "results": len(found)}
    return {"results": results, "paging": paging | {"has-next": more is not None}}


def _draw_search(world: State, _inputs: Record, rng: random.Random) -> Record:
    records: Sequence[Record] = list(world.tables["products"].values())
    return {"query": f"{rng.choice(records)['title'].lower()} {rng.choice(PURPOSES)}"}


def _searched(_world: State, _needs: Record, _yields: Record) -> str | None:
    return None  # looking changes nothing


BEHAVIOURS = {
    "cratehouse_search_products": _search_cratehouse,
    "trolleylineFindItems": _search_trolleyline,
    "OddmentSearch": _search_oddment,
    "fernmarket_catalogue": desk(
        "action",
        {
            "search": Way(_search_fernmarket, ("words",), takes=("start", "at_most")),
            "browse": Way(_browse_fernmarket, takes=("start", "at_most")),
            "describe": Way(_describe_fernmarket, ("article",)),
        },
    ),
    "satchelry-find": _search_satchelry,
}
DRAWS = {"Ecommerce.search_products": _draw_search}
EFFECTS = {"Ecommerce.search_products": _searched}
